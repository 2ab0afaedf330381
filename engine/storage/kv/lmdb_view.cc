#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "engine/storage/kv/bytes.h"
#include "engine/storage/kv/lmdb_detail.h"
#include "engine/storage/kv/lmdb_env.h"

/// Reading the tree. A call that meets a damaged page spoils its whole transaction for LMDB, so the view
/// takes a new one on the same state for the calls that come after.
namespace asterope::kv {
namespace {

constexpr std::size_t kSpoiledMax = 512;
constexpr std::size_t kPageBytes = 4096;

/// Reads one byte of each page of `bytes`, so that a fault comes now, in guarded work, and not in the hands
/// of the reader.
void touch(const MDB_val& bytes) {
    if (bytes.mv_size == 0) return;
    const auto* const at = static_cast<const volatile char*>(bytes.mv_data);
    for (std::size_t i = kPageBytes; i < bytes.mv_size; i += kPageBytes) (void)at[i];
    (void)at[bytes.mv_size - 1];
}

/// MDB_CORRUPTED for a large value without the header of its own pages, which LMDB does not look at.
int checked(const MDB_val& value) {
    constexpr std::size_t kHeaderBytes = 16, kFlagsAt = 10;
    constexpr std::uint16_t kOverflow = 0x04;
    static const auto in_page_max = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 2;
    touch(value);
    if (value.mv_size <= in_page_max) return 0;
    return load<std::uint16_t>(static_cast<const char*>(value.mv_data) - kHeaderBytes + kFlagsAt) == kOverflow
               ? 0
               : MDB_CORRUPTED;
}

/// A page that leads back to one before it must not make a walk endless. Looked at from page to page only.
bool is_going_back(std::string_view from, std::string_view to, int operation) {
    if (operation != MDB_NEXT && operation != MDB_PREV) return false;
    const auto distance = std::abs(to.data() - from.data());
    if (static_cast<std::size_t>(distance) < kPageBytes) return false;
    return operation == MDB_NEXT ? to <= from : to >= from;
}

}  // namespace

// --- LmdbView

LmdbView::~LmdbView() {
    mdb_txn_abort(txn_);
    for (MDB_txn* const spoiled : spoiled_) mdb_txn_abort(spoiled);
}

bool LmdbView::renew(MDB_txn* spoiled) const {
    const std::lock_guard lock(renewal_mutex_);
    if (txn_ != spoiled) return true;  // another was faster
    if (worn_out_) return false;
    const auto fresh = env_->begin_reading();
    if (!fresh) return false;
    if (mdb_txn_id(*fresh) != mdb_txn_id(spoiled)) {
        mdb_txn_abort(*fresh);  // the tree has changed meanwhile
        return false;
    }
    // Others may still be reading by it.
    spoiled_.push_back(spoiled);
    worn_out_ = spoiled_.size() == kSpoiledMax;
    txn_ = *fresh;
    return true;
}

Result<std::optional<std::string_view>> LmdbView::get(Table table, std::string_view key) const {
    for (;;) {
        MDB_txn* const txn = txn_;
        MDB_val k = val(key), v;
        const int rc = guarded_call([&] {
            const int found = mdb_get(txn, env_->tables_[static_cast<std::size_t>(table)], &k, &v);
            return found == 0 ? checked(v) : found;
        });
        if (rc == 0) return std::optional(view_of(v));
        if (rc == MDB_NOTFOUND || rc == MDB_BAD_VALSIZE) return std::optional<std::string_view>();
        if (rc != MDB_BAD_TXN || !renew(txn)) return env_->failed(rc, table);
    }
}

LmdbCursor LmdbView::cursor(Table table) const {
    LmdbCursor cursor;
    cursor.view_ = this;
    cursor.table_ = table;
    cursor.open();
    return cursor;
}

// --- LmdbCursor

LmdbCursor::LmdbCursor(LmdbCursor&& other) noexcept
    : view_(other.view_),
      table_(other.table_),
      cursor_(std::exchange(other.cursor_, nullptr)),
      error_(other.error_),
      valid_(std::exchange(other.valid_, false)),
      key_(other.key_),
      value_(other.value_) {}

LmdbCursor::~LmdbCursor() {
    close();
}

void LmdbCursor::close() {
    if (cursor_ != nullptr) mdb_cursor_close(std::exchange(cursor_, nullptr));
}

bool LmdbCursor::open() {
    for (;;) {
        MDB_txn* const txn = view_->txn_;
        // On a read-only transaction this only allocates: LMDB lists the cursors of write transactions alone.
        error_ = mdb_cursor_open(txn, view_->env_->tables_[static_cast<std::size_t>(table_)], &cursor_);
        if (error_ == 0) return true;
        if (error_ != MDB_BAD_TXN || !view_->renew(txn)) return false;
    }
}

/// A cursor on the view's present transaction, at the same entry. The bytes of key_ stay where they are.
bool LmdbCursor::reopen(bool at_entry) {
    if (!view_->renew(mdb_cursor_txn(cursor_))) return false;
    close();
    if (!open()) return false;
    if (!at_entry) return true;
    MDB_val k = val(key_), v;
    return guarded_call([&] { return mdb_cursor_get(cursor_, &k, &v, MDB_SET); }) == 0;
}

void LmdbCursor::move(std::string_view key, int operation) {
    if (cursor_ == nullptr) return;
    MDB_val k = val(key), v;
    const auto step = [&] {
        const int rc = mdb_cursor_get(cursor_, &k, &v, static_cast<MDB_cursor_op>(operation));
        if (rc == 0) touch(k);
        return rc == 0 ? checked(v) : rc;
    };
    int rc = guarded_call(step);
    if (rc == MDB_BAD_TXN && reopen(operation == MDB_NEXT || operation == MDB_PREV)) rc = guarded_call(step);
    if (rc == 0 && is_going_back(key_, view_of(k), operation)) rc = MDB_CORRUPTED;
    valid_ = rc == 0;
    if (valid_) {
        key_ = view_of(k);
        value_ = view_of(v);
    } else if (rc != MDB_NOTFOUND && error_ == 0) {
        error_ = rc;
    }
}

// LMDB takes no key that is empty or longer than the longest. The stored key next below one that is too long
// is its longest allowed prefix, if it is there.

void LmdbCursor::seek(std::string_view key) {
    if (key.empty()) return move(key, MDB_FIRST);
    const std::string_view prefix = key.substr(0, kKeyBytesMax);
    move(prefix, MDB_SET_RANGE);
    if (prefix.size() < key.size() && valid_ && key_ == prefix) next();
}

void LmdbCursor::seek_before(std::string_view key) {
    if (key.empty()) {
        valid_ = false;
        return;
    }
    const std::string_view prefix = key.substr(0, kKeyBytesMax);
    move(prefix, MDB_SET_RANGE);
    if (prefix.size() < key.size() && valid_ && key_ == prefix) return;
    move({}, valid_ ? MDB_PREV : MDB_LAST);
}

void LmdbCursor::seek_last() {
    move({}, MDB_LAST);
}
void LmdbCursor::next() {
    move({}, MDB_NEXT);
}
void LmdbCursor::prev() {
    move({}, MDB_PREV);
}

Status LmdbCursor::status() const {
    if (error_ == 0) return {};
    return view_->env_->failed(error_, table_);
}

}  // namespace asterope::kv

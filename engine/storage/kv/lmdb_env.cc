#include "engine/storage/kv/lmdb_env.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <lmdb.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/storage/kv/bytes.h"
#include "engine/storage/kv/disk.h"

namespace asterope::kv {
namespace {

constexpr std::array<const char*, kTableCount> kTableNames = {
    "meta",  "names",  "entries", "nodes",  "links",   "documents",
    "attrs", "fields", "index",   "inline", "orphans", "changes",
};
constexpr const char* kOwnTable = "kv";
constexpr std::string_view kApplied = "applied";
constexpr unsigned kViewsMax = 2048;  ///< states of the tree held at the same time
constexpr std::uint64_t kMapBytesMin = std::uint64_t{1} << 26;

Unexpected lmdb_error(int rc, std::string_view what) {
    const std::string text = std::string(what) + ": " + mdb_strerror(rc);
    switch (rc) {
        case MDB_MAP_FULL:
            return fail(Errc::no_space, text + " (the index has reached its largest size)");
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return Unexpected(Error{Errc::no_space, text, ENOSPC});
        case MDB_READERS_FULL:
            return fail(Errc::limit, text);
        case MDB_CORRUPTED:
        case MDB_PAGE_NOTFOUND:
            return fail(Errc::corrupt, text);
        case MDB_INVALID:
        case MDB_VERSION_MISMATCH:
            return fail(Errc::format, text);
        default:
            return rc > 0 ? fail_errno(rc, what) : fail(Errc::io, text);
    }
}

MDB_val val(std::string_view bytes) {
    return {bytes.size(), const_cast<char*>(bytes.data())};
}
std::string_view view_of(const MDB_val& v) {
    return {static_cast<const char*>(v.mv_data), v.mv_size};
}

/// Reading ahead only pushes other pages out when the index is larger than half of the memory.
unsigned read_ahead_flag(const std::string& directory) {
    auto file = open_file(directory + "/data.mdb", O_RDONLY);
    if (!file) return 0;
    const auto file_bytes = static_cast<std::uint64_t>(::lseek(file->get(), 0, SEEK_END));
    const auto memory_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                              static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return file_bytes > memory_bytes / 2 ? MDB_NORDAHEAD : 0;
}

}  // namespace

// --- LmdbEnv

Result<std::shared_ptr<LmdbEnv>> LmdbEnv::open(const std::string& directory, std::uint64_t map_bytes) {
    std::shared_ptr<LmdbEnv> self(new LmdbEnv);
    const unsigned flags = MDB_NOTLS | read_ahead_flag(directory);
    for (;;) {
        if (const int rc = mdb_env_create(&self->env_)) return lmdb_error(rc, directory);
        mdb_env_set_maxdbs(self->env_, kTableCount + 1);
        mdb_env_set_maxreaders(self->env_, kViewsMax);
        mdb_env_set_mapsize(self->env_, map_bytes);
        const int rc = mdb_env_open(self->env_, directory.c_str(), flags, 0600);
        if (rc == 0) break;
        mdb_env_close(std::exchange(self->env_, nullptr));
        if (rc != ENOMEM || map_bytes / 2 < kMapBytesMin) return lmdb_error(rc, directory);
        map_bytes /= 2;
    }
    ASTEROPE_TRY_STATUS(self->open_tables());
    return self;
}

LmdbEnv::~LmdbEnv() {
    if (env_ != nullptr) mdb_env_close(env_);
}

Status LmdbEnv::open_tables() {
    MDB_txn* txn = nullptr;
    if (const int rc = mdb_txn_begin(env_, nullptr, 0, &txn)) return lmdb_error(rc, "index");
    for (std::size_t i = 0; i < kTableNames.size(); ++i) {
        if (const int rc = mdb_dbi_open(txn, kTableNames[i], MDB_CREATE, &tables_[i])) {
            mdb_txn_abort(txn);
            return lmdb_error(rc, kTableNames[i]);
        }
    }
    if (const int rc = mdb_dbi_open(txn, kOwnTable, MDB_CREATE, &own_table_)) {
        mdb_txn_abort(txn);
        return lmdb_error(rc, kOwnTable);
    }
    if (const int rc = mdb_txn_commit(txn)) return lmdb_error(rc, "index");
    return {};
}

Result<std::shared_ptr<const LmdbView>> LmdbEnv::view() const {
    MDB_txn* txn = nullptr;
    if (const int rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn)) return lmdb_error(rc, "index");
    auto view = std::make_shared<LmdbView>(shared_from_this(), txn);

    // The first use of a table in a transaction writes its root into it: done here, before the view is shared.
    for (const unsigned table : tables_) {
        MDB_stat ignored;
        if (const int rc = mdb_stat(txn, table, &ignored)) return lmdb_error(rc, "index");
    }
    MDB_val key = val(kApplied), value;
    const int rc = mdb_get(txn, own_table_, &key, &value);
    if (rc == MDB_NOTFOUND) return view;
    if (rc != 0) return lmdb_error(rc, "index");
    if (value.mv_size != sizeof(std::uint64_t))
        return fail(Errc::corrupt, "index: the applied sequence is malformed");
    view->applied_ = load<std::uint64_t>(static_cast<const char*>(value.mv_data));
    return view;
}

Status LmdbEnv::copy_to(const std::string& directory) const {
    const std::string path = directory + "/data.mdb";
    const auto copy = ASTEROPE_TRY(open_file(path, O_CREAT | O_EXCL | O_RDWR));
    int fd = -1;
    if (const int rc = mdb_env_get_fd(env_, &fd)) return lmdb_error(rc, "index");
    if (::ioctl(copy.get(), FICLONE, fd) != 0)
        if (const int rc = mdb_env_copyfd2(env_, copy.get(), 0)) return lmdb_error(rc, "copying the index");
    if (::fsync(copy.get()) != 0) return fail_errno(errno, path);
    return {};
}

std::uint64_t LmdbEnv::file_bytes() const {
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(env_, &info) != 0 || mdb_env_stat(env_, &stat) != 0) return 0;
    return (info.me_last_pgno + 1) * std::uint64_t{stat.ms_psize};
}

bool LmdbEnv::disk_is_full() const {
    constexpr std::uint64_t kNothingBytes = 1u << 20;
    int fd = -1;
    struct statvfs disk {};
    return mdb_env_get_fd(env_, &fd) == 0 && ::fstatvfs(fd, &disk) == 0 && disk.f_bavail * disk.f_frsize < kNothingBytes;
}

Status LmdbEnv::reserve_ahead(std::uint64_t bytes) {
    const std::uint64_t used = file_bytes();
    if (used + bytes <= reserved_end_) return {};
    int fd = -1;
    if (const int rc = mdb_env_get_fd(env_, &fd)) return lmdb_error(rc, "index");
    // Twice as much, so that this is not needed again at once.
    if (!reserve(fd, used, 2 * bytes, Extend::no)) {
        ASTEROPE_TRY_STATUS(reserve(fd, used, bytes, Extend::no));
        reserved_end_ = used + bytes;
        return {};
    }
    reserved_end_ = used + 2 * bytes;
    return {};
}

// --- LmdbView

LmdbView::~LmdbView() {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
}

Result<std::optional<std::string_view>> LmdbView::get(Table table, std::string_view key) const {
    MDB_val k = val(key), v;
    const int rc = mdb_get(txn_, env_->tables_[static_cast<std::size_t>(table)], &k, &v);
    if (rc == 0) return std::optional(view_of(v));
    if (rc == MDB_NOTFOUND || rc == MDB_BAD_VALSIZE) return std::optional<std::string_view>();
    return lmdb_error(rc, "index");
}

LmdbCursor LmdbView::cursor(Table table) const {
    LmdbCursor cursor;
    // On a read-only transaction this only allocates: LMDB lists the cursors of write transactions alone.
    cursor.error_ = mdb_cursor_open(txn_, env_->tables_[static_cast<std::size_t>(table)], &cursor.cursor_);
    return cursor;
}

// --- LmdbCursor

LmdbCursor::LmdbCursor(LmdbCursor&& other) noexcept
    : cursor_(std::exchange(other.cursor_, nullptr)),
      error_(other.error_),
      valid_(std::exchange(other.valid_, false)),
      key_(other.key_),
      value_(other.value_) {}

LmdbCursor::~LmdbCursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

void LmdbCursor::move(std::string_view key, int operation) {
    if (cursor_ == nullptr) return;
    MDB_val k = val(key), v;
    const int rc = mdb_cursor_get(cursor_, &k, &v, static_cast<MDB_cursor_op>(operation));
    valid_ = rc == 0;
    if (valid_) {
        key_ = view_of(k);
        value_ = view_of(v);
    } else if (rc != MDB_NOTFOUND && error_ == 0) {
        error_ = rc;
    }
}

// LMDB takes no key that is empty or longer than the longest. The stored key next below one that is too long is its
// longest allowed prefix, if it is there.

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
    return lmdb_error(error_, "index");
}

// --- LmdbWriter

LmdbWriter::~LmdbWriter() {
    close_cursors();
    if (txn_ != nullptr) mdb_txn_abort(txn_);
}

void LmdbWriter::close_cursors() {
    for (MDB_cursor*& cursor : cursors_) {
        if (cursor != nullptr) mdb_cursor_close(std::exchange(cursor, nullptr));
    }
}

Status LmdbWriter::begin() {
    if (const int rc = mdb_txn_begin(env_.env_, nullptr, 0, &txn_)) return lmdb_error(rc, "index");
    return {};
}

Result<MDB_cursor*> LmdbWriter::cursor(Table table) {
    const auto i = static_cast<std::size_t>(table);
    if (cursors_[i] == nullptr) {
        if (const int rc = mdb_cursor_open(txn_, env_.tables_[i], &cursors_[i]))
            return lmdb_error(rc, "index");
    }
    return cursors_[i];
}

Status LmdbWriter::put(Table table, std::string_view key, std::string_view value) {
    MDB_cursor* at = ASTEROPE_TRY(cursor(table));
    MDB_val k = val(key), v = val(value);
    if (const int rc = mdb_cursor_put(at, &k, &v, 0)) return lmdb_error(rc, "index");
    if (const int rc = mdb_cursor_get(at, &k, &v, MDB_GET_CURRENT)) return lmdb_error(rc, "index");
    note_change(k.mv_data, value.size());
    return {};
}

/// Keys are changed in order, so that those of one page follow each other.
void LmdbWriter::note_change(const void* key, std::size_t value_bytes) {
    constexpr std::size_t kPageBytes = 4096;
    const auto at = reinterpret_cast<std::uintptr_t>(key);
    const bool same_page = at - last_key_ < kPageBytes || last_key_ - at < kPageBytes;
    changed_pages_ += (same_page ? 0 : 1) + value_bytes / kPageBytes;
    last_key_ = at;
}

Status LmdbWriter::erase(Table table, std::string_view key) {
    MDB_cursor* at = ASTEROPE_TRY(cursor(table));
    MDB_val k = val(key), v;
    int rc = mdb_cursor_get(at, &k, &v, MDB_SET);
    if (rc == MDB_NOTFOUND) return {};
    const void* const place = k.mv_data;
    if (rc == 0) rc = mdb_cursor_del(at, 0);
    if (rc != 0) return lmdb_error(rc, "index");
    note_change(place, 0);
    return {};
}

Status LmdbWriter::commit_part() {
    ASTEROPE_TRY_STATUS(commit_transaction());
    return begin();
}

Status LmdbWriter::commit(std::uint64_t applied) {
    std::string bytes;
    append(bytes, applied);
    MDB_val k = val(kApplied), v = val(bytes);
    if (const int rc = mdb_put(txn_, env_.own_table_, &k, &v, 0)) return lmdb_error(rc, "index");
    return commit_transaction();
}

Status LmdbWriter::commit_transaction() {
    close_cursors();
    changed_pages_ = 0;
    int rc = mdb_txn_commit(std::exchange(txn_, nullptr));
    // A write that a full disk cuts short is EIO to LMDB.
    if (rc == EIO && env_.disk_is_full()) rc = ENOSPC;
    if (rc != 0) return lmdb_error(rc, "index");
    return {};
}

}  // namespace asterope::kv

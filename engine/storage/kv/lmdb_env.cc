#include "engine/storage/kv/lmdb_env.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/storage/kv/bytes.h"
#include "engine/storage/kv/disk.h"
#include "engine/storage/kv/lmdb_detail.h"

namespace asterope::kv {
namespace {

constexpr std::array<const char*, kTableCount> kTableNames = {
    "meta",  "names",  "entries", "nodes",  "links",   "documents",
    "attrs", "fields", "index",   "inline", "orphans", "changes",
    "checksums",
};
constexpr const char* kOwnTable = "kv";
constexpr std::string_view kApplied = "applied";
constexpr unsigned kViewsMax = 2048;  ///< states of the tree held at the same time
constexpr std::uint64_t kMapBytesMin = std::uint64_t{1} << 26;

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
        case MDB_CURSOR_FULL:
        case MDB_NOTFOUND:
        case MDB_INCOMPATIBLE:
        case MDB_BAD_TXN:
            return fail(Errc::corrupt, std::string(what) + ": a page is damaged");
        case MDB_INVALID:
        case MDB_VERSION_MISMATCH:
            return fail(Errc::format, text);
        default:
            return rc > 0 ? fail_errno(rc, what) : fail(Errc::io, text);
    }
}

// --- LmdbEnv

Result<std::shared_ptr<LmdbEnv>> LmdbEnv::open(const std::string& directory, std::uint64_t map_bytes) {
    install_fault_guard();
    std::shared_ptr<LmdbEnv> self(new LmdbEnv);
    const unsigned flags = MDB_NOTLS | read_ahead_flag(directory);
    for (;;) {
        if (const int rc = mdb_env_create(&self->env_)) return lmdb_error(rc, directory);
        mdb_env_set_maxdbs(self->env_, kTableCount + 1);
        mdb_env_set_maxreaders(self->env_, kViewsMax);
        mdb_env_set_mapsize(self->env_, map_bytes);
        // LMDB asserts what it finds in pages; outside of guarded work that still aborts.
        mdb_env_set_assert(self->env_, [](MDB_env*, const char*) { abandon_guarded_work(); });
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

Unexpected LmdbEnv::failed(int rc, std::optional<Table> table) const {
    const std::string what =
        table ? "index table '" + std::string(kTableNames[static_cast<std::size_t>(*table)]) + "'" : "index";
    auto error = lmdb_error(rc, what);
    if (error.value().code == Errc::corrupt) is_damaged_ = true;
    return error;
}

/// Tables are made with the environment only, so that nothing is written into one whose list of tables is
/// damaged.
Status LmdbEnv::open_tables() {
    MDB_stat stat{};
    mdb_env_stat(env_, &stat);
    const bool is_new = stat.ms_entries == 0;
    const unsigned flags = is_new ? MDB_CREATE : 0;
    MDB_txn* txn = nullptr;
    // After a fault the transaction is left as it is: closing the environment ends it.
    bool whole = false;
    const int rc = guarded_call([&] {
        int failed = mdb_txn_begin(env_, nullptr, is_new ? 0 : MDB_RDONLY, &txn);
        for (std::size_t i = 0; failed == 0 && i < kTableNames.size(); ++i)
            failed = mdb_dbi_open(txn, kTableNames[i], flags, &tables_[i]);
        if (failed == 0) failed = mdb_dbi_open(txn, kOwnTable, flags, &own_table_);
        if (failed == 0) failed = mdb_txn_commit(std::exchange(txn, nullptr));
        whole = true;
        return failed;
    });
    if (whole && txn != nullptr) mdb_txn_abort(txn);
    return rc == 0 ? Status() : lmdb_error(rc, "the index's list of tables");
}

Result<MDB_txn*> LmdbEnv::begin_reading() const {
    MDB_txn* txn = nullptr;
    if (const int rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn)) return lmdb_error(rc, "index");
    // The first use of a table in a transaction writes its root into it: done here, before it is shared.
    const int rc = guarded_call([&] {
        int failed = 0;
        MDB_stat ignored;
        for (const unsigned table : tables_) {
            if (failed == 0) failed = mdb_stat(txn, table, &ignored);
        }
        return failed;
    });
    if (rc == 0) return txn;
    mdb_txn_abort(txn);
    return failed(rc, std::nullopt);
}

Result<std::shared_ptr<const LmdbView>> LmdbEnv::view() const {
    auto view = std::make_shared<LmdbView>(shared_from_this(), ASTEROPE_TRY(begin_reading()));
    MDB_val key = val(kApplied), value;
    const int rc = guarded_call([&] { return mdb_get(view->txn_, own_table_, &key, &value); });
    if (rc == MDB_NOTFOUND) return view;
    if (rc != 0) return failed(rc, std::nullopt);
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

template <class Call>
Status LmdbWriter::run(std::optional<Table> table, Call&& call) {
    if (env_.is_damaged_) return fail(Errc::corrupt, "index: it is damaged, and so not changed any more");
    int rc = MDB_CORRUPTED;
    const bool whole = run_guarded([&] { rc = call(); });
    if (whole && rc == 0) return {};
    if (whole) return env_.failed(rc, table);
    // LMDB was left in the middle of a change, with its lock held: not even aborting is safe any more.
    txn_ = nullptr;
    cursors_ = {};
    return env_.failed(MDB_CORRUPTED, table);
}

Status LmdbWriter::begin() {
    return run(std::nullopt, [&] { return mdb_txn_begin(env_.env_, nullptr, 0, &txn_); });
}

int LmdbWriter::open_cursor(Table table, MDB_cursor*& cursor) {
    const auto i = static_cast<std::size_t>(table);
    const int rc = cursors_[i] != nullptr ? 0 : mdb_cursor_open(txn_, env_.tables_[i], &cursors_[i]);
    cursor = cursors_[i];
    return rc;
}

Status LmdbWriter::put(Table table, std::string_view key, std::string_view value) {
    return run(table, [&] {
        MDB_cursor* at = nullptr;
        if (const int rc = open_cursor(table, at)) return rc;
        MDB_val k = val(key), v = val(value);
        if (const int rc = mdb_cursor_put(at, &k, &v, 0)) return rc;
        const int rc = mdb_cursor_get(at, &k, &v, MDB_GET_CURRENT);
        if (rc == 0) note_change(k.mv_data, value.size());
        return rc;
    });
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
    return run(table, [&] {
        MDB_cursor* at = nullptr;
        if (const int rc = open_cursor(table, at)) return rc;
        MDB_val k = val(key), v;
        if (const int rc = mdb_cursor_get(at, &k, &v, MDB_SET)) return rc == MDB_NOTFOUND ? 0 : rc;
        note_change(k.mv_data, 0);
        return mdb_cursor_del(at, 0);
    });
}

Status LmdbWriter::commit_part() {
    ASTEROPE_TRY_STATUS(commit_transaction());
    return begin();
}

Status LmdbWriter::commit(std::uint64_t applied) {
    std::string bytes;
    append(bytes, applied);
    ASTEROPE_TRY_STATUS(run(std::nullopt, [&] {
        MDB_val k = val(kApplied), v = val(bytes);
        return mdb_put(txn_, env_.own_table_, &k, &v, 0);
    }));
    return commit_transaction();
}

Status LmdbWriter::commit_transaction() {
    changed_pages_ = 0;
    return run(std::nullopt, [&] {
        close_cursors();
        const int rc = mdb_txn_commit(std::exchange(txn_, nullptr));
        // A write that a full disk cuts short is EIO to LMDB.
        return rc == EIO && env_.disk_is_full() ? ENOSPC : rc;
    });
}

}  // namespace asterope::kv

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "engine/storage/kv/kv.h"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

/// The B+ tree: LMDB, wrapped. Only lmdb_env.cc and lmdb_view.cc see lmdb.h.
///
/// Each Table is a named database of its own. One more, "kv", holds under "applied" the sequence (u64,
/// little-endian) of the last batch that the tree contains, written in the same transaction.
namespace asterope::kv {

class LmdbEnv;
class LmdbView;

/// Walks one table of an LmdbView.
/// Errors:   as kv::Cursor.
/// Threads:  one at a time. Lifetime: must go before its view.
class LmdbCursor {
  public:
    LmdbCursor() = default;
    LmdbCursor(LmdbCursor&& other) noexcept;
    LmdbCursor& operator=(LmdbCursor&&) = delete;
    ~LmdbCursor();

    bool valid() const { return valid_; }
    std::string_view key() const { return key_; }
    std::string_view value() const { return value_; }
    void seek(std::string_view key);
    void seek_before(std::string_view key);
    void seek_last();
    void next();
    void prev();
    Status status() const;

  private:
    friend class LmdbView;
    bool open();
    void close();
    bool reopen(bool at_entry);
    void move(std::string_view key, int operation);

    const LmdbView* view_ = nullptr;
    Table table_{};
    MDB_cursor* cursor_ = nullptr;
    int error_ = 0;
    bool valid_ = false;
    std::string_view key_;
    std::string_view value_;
};

/// One state of the tree: a read transaction, shared by all snapshots of that state.
/// It stands for no thread (MDB_NOTLS), and after its making every table's handle has been touched, so that
/// gets and cursors only read it. Threads: any, at the same time. Lifetime: keeps the environment open.
class LmdbView {
  public:
    LmdbView(std::shared_ptr<const LmdbEnv> env, MDB_txn* txn) : env_(std::move(env)), txn_(txn) {}
    LmdbView(const LmdbView&) = delete;
    ~LmdbView();

    /// The last batch that this state contains.
    std::uint64_t applied() const { return applied_; }
    /// Errors: corrupt (a damaged page is on the way to the key; other keys can still be read)
    Result<std::optional<std::string_view>> get(Table table, std::string_view key) const;
    LmdbCursor cursor(Table table) const;
    /// Damage was met so often that nothing more can be read: take a new view.
    bool is_worn_out() const { return worn_out_; }

  private:
    friend class LmdbEnv;
    friend class LmdbCursor;
    bool renew(MDB_txn* spoiled) const;

    std::shared_ptr<const LmdbEnv> env_;
    mutable std::atomic<MDB_txn*> txn_;
    mutable std::mutex renewal_mutex_;
    mutable std::vector<MDB_txn*> spoiled_;  ///< by damage; guarded by renewal_mutex_
    mutable std::atomic<bool> worn_out_ = false;
    std::uint64_t applied_ = 0;
};

/// The write transaction. Aborts in its destructor unless committed. Keys of one table are best given in
/// order. Errors: no_space (the file cannot grow, or the map is full) · corrupt (a damaged page was met, now
/// or before, by whomever: a damaged tree is not changed) · io. Threads: the one that made it.
class LmdbWriter {
  public:
    explicit LmdbWriter(const LmdbEnv& env) : env_(env) {}
    LmdbWriter(const LmdbWriter&) = delete;
    ~LmdbWriter();

    Status begin();
    Status put(Table table, std::string_view key, std::string_view value);
    Status erase(Table table, std::string_view key);
    /// Commits what was put and erased so far, and begins anew. The tree still says that it contains the batches that it contained
    /// before, and may hold parts of later ones: they must be durable in the journal, whose replay then writes them again.
    Status commit_part();
    /// Commits what was put and erased as the state after batch `applied`. Durable when it returns.
    Status commit(std::uint64_t applied);
    /// About how many pages were changed since the last commit: LMDB holds them in memory.
    std::size_t changed_pages() const { return changed_pages_; }

  private:
    void note_change(const void* key, std::size_t value_bytes);
    Status commit_transaction();
    template <class Call>
    Status run(std::optional<Table> table, Call&& call);
    int open_cursor(Table table, MDB_cursor*& cursor);
    void close_cursors();

    const LmdbEnv& env_;
    MDB_txn* txn_ = nullptr;
    std::array<MDB_cursor*, kTableCount> cursors_{};
    std::size_t changed_pages_ = 0;
    std::uintptr_t last_key_ = 0;  ///< where the key that was changed last lies
};

/// Threads: any; one LmdbWriter at a time.
class LmdbEnv : public std::enable_shared_from_this<LmdbEnv> {
  public:
    /// Opens the environment in `directory`, which exists. `map_bytes` is halved until the address space
    /// takes it. Errors: format · corrupt · io
    static Result<std::shared_ptr<LmdbEnv>> open(const std::string& directory, std::uint64_t map_bytes);
    LmdbEnv(const LmdbEnv&) = delete;
    ~LmdbEnv();

    /// The latest committed state. Errors: limit (too many states are held) · corrupt · io
    Result<std::shared_ptr<const LmdbView>> view() const;
    /// Copies the file to `directory`, durably. No LmdbWriter meanwhile. Errors: no_space · io
    Status copy_to(const std::string& directory) const;
    /// Of the pages in use, from the start of the file.
    std::uint64_t file_bytes() const;
    /// Reserves `bytes` of disk after the pages in use, if they are not yet. Errors: no_space · io
    Status reserve_ahead(std::uint64_t bytes);

  private:
    friend class LmdbView;
    friend class LmdbCursor;
    friend class LmdbWriter;
    LmdbEnv() = default;
    Status open_tables();
    bool disk_is_full() const;
    Result<MDB_txn*> begin_reading() const;
    /// The Error of a call on a table (none: on the whole).
    Unexpected failed(int rc, std::optional<Table> table) const;

    MDB_env* env_ = nullptr;
    std::array<unsigned, kTableCount> tables_{};
    unsigned own_table_ = 0;
    std::uint64_t reserved_end_ = 0;
    mutable std::atomic<bool> is_damaged_ =
        false;  ///< a damaged page was met: the file is not changed any more
};

}  // namespace asterope::kv

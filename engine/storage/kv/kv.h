#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/ids.h"
#include "engine/core/result.h"

/// The key-value layer below every table of a store: atomic batches in, snapshots out.
/// Source: engine/DESIGN.md, "Journal, write buffer, tree".
namespace asterope::kv {

/// A table of the store; the layouts of its keys and values are in engine/storage/tables.h.
enum class Table : std::uint8_t {
    meta, names, entries, nodes, links, documents, attrs, fields, index, inline_contents, orphans, changes,
    checksums,
};
constexpr int kTableCount = static_cast<int>(Table::checksums) + 1;

constexpr std::size_t kKeyBytesMax = 511;

/// Puts and deletes that become visible together. A later one of the same key wins.
class Batch {
  public:
    void put(Table table, std::string_view key, std::string_view value);
    void erase(Table table, std::string_view key);
    /// This batch refers to `blob`, whose bytes may not be durable yet: the journal marks the record.
    void refers_to(BlobId blob) { blobs_.push_back(blob); }
    /// This batch removes more than it adds: when the disk is full it may use the space that is kept for removing.
    void may_use_reserve() { uses_reserve_ = true; }
    /// Adds everything of `later` after what is here.
    void add(const Batch& later);

    bool empty() const { return count_ == 0; }
    std::size_t entry_count() const { return count_; }
    /// The encoded operations: the payload of the journal's record (format in journal.h).
    std::string_view encoded() const { return encoded_; }
    std::span<const BlobId> blobs() const { return blobs_; }
    bool uses_reserve() const { return uses_reserve_; }

  private:
    std::string encoded_;
    std::size_t count_ = 0;
    std::vector<BlobId> blobs_;
    bool uses_reserve_ = false;
};

/// What a bulk read takes of an entry: its key's last 8 bytes, and its value's first.
struct Suffix {
    std::uint64_t number = 0;  ///< big-endian in the key; 0 when the key is shorter
    std::uint8_t flags = 0;    ///< 0 when the value is empty
};

/// Walks one table of one Reader in byte order of the keys.
/// Shape:    after open, not valid until a seek.
/// Errors:   reading damaged pages makes the cursor invalid and status() not ok.
/// Threads:  one at a time.
/// Lifetime: key() and value() until the next movement; the cursor must go before its Reader.
class Cursor {
  public:
    virtual ~Cursor() = default;
    virtual bool valid() const = 0;
    virtual std::string_view key() const = 0;
    virtual std::string_view value() const = 0;
    virtual void seek(std::string_view key) = 0;       ///< to the first key >= `key`
    virtual void seek_before(std::string_view key) = 0; ///< to the last key < `key`
    virtual void seek_last() = 0;                       ///< to the last key of the table
    virtual void next() = 0;
    virtual void prev() = 0;
    /// Fills `out` with the suffixes of the entries from here on whose keys are below `end`, and moves past them; returns how many.
    /// Fewer than there is room for: no further entry is below `end`.
    virtual std::size_t read_suffixes(std::string_view end, std::span<Suffix> out);
    virtual Status status() const { return {}; }
};

/// Something that can be read as one consistent state: a Snapshot, or a transaction's view over one.
class Reader {
  public:
    virtual ~Reader() = default;
    /// Lifetime: the view lives as long as this Reader.
    virtual Result<std::optional<std::string_view>> get(Table table, std::string_view key) const = 0;
    virtual std::unique_ptr<Cursor> cursor(Table table) const = 0;
};

/// One state of the store, consistent over all tables. Cheap to take; never blocks writers. It keeps the buffers of its
/// time in memory and the pages of its tree from being used again: not to be held for long.
/// Threads:  any.
/// Lifetime: may outlive the Store, but must go before the same store is opened again in this process.
class Snapshot : public Reader {
  public:
    virtual Sequence sequence() const = 0;
};

/// Makes the bytes of blobs durable. Called while no commit or reader is held up, from any thread; also for
/// blobs that a dead process had not synced. A blob that has been deleted since counts as durable.
/// It must not call the store.
using SyncBlobs = std::function<Status(std::span<const BlobId>)>;

/// Opens what Store::copy_to has made. Errors: format · corrupt · io
Result<std::shared_ptr<const Snapshot>> open_copy(const std::string& directory);

struct Options {
    std::uint64_t map_bytes = std::uint64_t{1} << 40;  ///< LMDB's address space: the largest index; 16 TiB at most
    std::size_t buffer_bytes = 24u << 20;              ///< a write buffer of this size is written to the tree; all together stay below three times that
    std::size_t part_pages = 12'288;                   ///< that one transaction of a flush changes: in memory until its commit (48 MiB)
    std::uint32_t buffer_age_ms = 5000;                ///< and one of this age
    std::uint32_t flush_interval_ms = 1000;            ///< the background fdatasync; 0 = none
    SyncBlobs sync_blobs;                              ///< empty: blobs are always durable already
    std::function<void(std::string_view)> log;         ///< one line about what recovery did, or what failed; from any thread; may be empty
    std::uint64_t segment_bytes = 8u << 20;            ///< of one journal file
};

struct Stats {
    std::uint64_t commits = 0, journal_bytes = 0, syncs = 0, flushes = 0, buffer_bytes = 0, tree_bytes = 0;
    std::uint64_t replayed = 0;  ///< records that open() took from the journal
};

class Store {
  public:
    virtual ~Store() = default;
    /// Opens (and creates, when `create`) the index of the store in `directory`: its index/ and journal/.
    /// Replays the journal as engine/DESIGN.md says. Does not lock: the caller holds the store's lock.
    static Result<std::unique_ptr<Store>> open(const std::string& directory, const Options& options, bool create);

    /// Appends `batch` to the journal and makes it visible. Waits a little when the background has fallen behind.
    /// Errors:  nothing has changed: no_space · read_only (after a failed disk) · limit (a batch above 2 GiB) · unavailable (closed) · io
    /// Threads: any; commits are ordered by their sequence.
    virtual Result<Sequence> commit(Batch&& batch) = 0;
    /// The state after the latest commit.
    virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
    /// Returns when everything up to `upto` (and the blobs that it names) is on stable storage. Group commit: one fdatasync serves all who wait.
    virtual Status sync(Sequence upto) = 0;
    virtual Sequence last_sequence() const = 0;
    /// The latest sequence on stable storage.
    virtual Sequence durable_sequence() const = 0;
    /// Writes the buffers to the tree now, and waits.
    virtual Status flush() = 0;
    /// Makes `directory`, which exists and is empty, a copy of the tree with everything committed before the call, by
    /// sharing blocks where the filesystem can. On stable storage when it returns. Errors: no_space · unavailable (the last flush failed) · io
    virtual Status copy_to(const std::string& directory) = 0;
    virtual Stats stats() const = 0;
    /// Clean shutdown: syncs, flushes, drops the journal. The destructor does the same and logs a failure.
    virtual Status close() = 0;
};

}  // namespace asterope::kv

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/storage/kv/journal_replay.h"
#include "engine/storage/kv/journal_segment.h"
#include "engine/storage/kv/kv.h"
#include "engine/storage/kv/record_memory.h"

namespace asterope::kv {

struct JournalOptions {
    std::string directory;
    std::uint64_t segment_bytes = 8u << 20;
    std::uint64_t next_id = 1;            ///< above every id in the directory
    std::uint64_t next_sequence = 1;      ///< everything below is in the tree or in `kept`
    std::vector<JournalPlan::Part> kept;  ///< records that are still needed, in order
    /// That the kept batches name, with their sequences.
    std::vector<std::pair<std::uint64_t, BlobId>> unsynced_blobs;
    std::vector<std::string> old_files;  ///< all segment files; those that are not kept are used again
    SyncBlobs sync_blobs;
    std::function<void(std::string_view)> log;
};

/// What has been answered and is not in the tree yet: appended records in segment files (journal_format.h).
/// Threads: any.
class Journal {
  public:
    /// Starts a journal with the records that are kept, durably. Errors: no_space · io
    static Result<std::unique_ptr<Journal>> start(JournalOptions options);

    /// Appends a batch to the page cache. Sequences come in order.
    /// `may_use_reserve`: also the space that is kept for batches that remove something.
    /// Errors:  no_space, io (nothing has changed) · limit (too large for a record) · read_only
    Status append(std::uint64_t sequence, std::span<const BlobId> blobs, std::string_view payload,
                  bool may_use_reserve);

    /// Returns when all batches up to `upto`, which has been appended, and the blobs that they name are durable.
    /// One thread at a time syncs for all who wait. Errors: of sync_blobs (it can be tried again) · no_space · read_only
    Status sync(std::uint64_t upto);

    /// The tree contains everything up to `applied`, durably: segments below are free.
    void drop_through(std::uint64_t applied);
    /// Keeps free segments ready: the reserve, and one more filled with zeros when the current one is half full.
    /// For a background thread. Errors: no_space · io
    Status prepare_spares();
    /// Ends a clean shutdown: no record is left to replay; some blocks stay reserved.
    Status clear();

    std::uint64_t durable_sequence() const { return durable_sequence_.load(std::memory_order_acquire); }
    std::uint64_t bytes_written() const { return bytes_written_.load(std::memory_order_relaxed); }
    std::uint64_t sync_count() const { return sync_count_.load(std::memory_order_relaxed); }

  private:
    using Clock = std::chrono::steady_clock;
    using SegmentPtr = std::shared_ptr<Segment>;
    /// A point of the chain of records below which everything in the journal is on stable storage.
    struct Point {
        std::uint64_t segment_id = 0;
        std::uint64_t link = 0;
        std::uint64_t sequence = 0;
    };
    struct Dirty {
        SegmentPtr segment;
        std::uint64_t id = 0;
        std::uint64_t end = 0;
    };
    struct Round {  ///< what one fdatasync makes durable
        std::vector<Dirty> dirty;
        bool sync_names = false;
        RecordMemory::Mark mark = 0;
        Point point;
    };
    struct NamedBlob {
        std::uint64_t sequence = 0;
        BlobId blob{};
    };

    explicit Journal(JournalOptions options);

    // With mutex_ held:
    Status adopt_files();
    Status adopt_kept();
    Status begin_first_segment();
    Status append_record(RecordKind kind, std::uint64_t sequence, std::span<const BlobId> blobs,
                         std::string_view payload, bool may_use_reserve);
    Status rotate(std::size_t bytes, bool may_use_reserve);
    Status begin_segment(SegmentPtr segment, const Point& after);
    Result<SegmentPtr> free_segment(std::size_t bytes, bool may_use_reserve);
    Result<SegmentPtr> create_segment(std::size_t bytes);
    Status check_writable() const;
    Round begin_round();
    void finish_round(const Round& round);
    Status write_again(const Error& cause);
    Status write_records_again();

    void wait_for_callers(std::unique_lock<std::mutex>& lock);
    Status sync_round();
    Status sync_blobs(const std::vector<NamedBlob>& blobs);
    Status sync_files(const Round& round);
    void log(const std::string& line) const;

    const JournalOptions options_;

    /// Guards everything down to sync_mutex_; never held across an fdatasync that goes well.
    std::mutex mutex_;
    std::deque<SegmentPtr> live_;  ///< in order of their ids; the last one is appended to
    std::vector<SegmentPtr> free_;
    std::uint64_t next_id_;
    std::uint64_t next_file_ = 1;
    std::uint64_t last_sequence_;  ///< appended
    Point durable_;
    RecordMemory memory_;
    std::vector<NamedBlob> unsynced_blobs_;
    std::string read_only_reason_;  ///< not empty: a failed disk

    std::mutex sync_mutex_;  ///< guards down to most_callers_
    std::condition_variable sync_done_, arrived_;
    bool syncing_ = false;
    Clock::duration round_time_{};  ///< of the last one
    int callers_ = 0;               ///< threads that wait for their sync
    int most_callers_ = 0;          ///< at a time since the last round began

    std::atomic<std::uint64_t> durable_sequence_;
    std::atomic<std::uint64_t> bytes_written_{0};
    std::atomic<std::uint64_t> sync_count_{0};
};

/// The segment files in `directory`, in order of their names.
Result<std::vector<std::string>> list_segments(const std::string& directory);

}  // namespace asterope::kv

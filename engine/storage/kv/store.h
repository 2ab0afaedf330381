#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "engine/storage/kv/journal.h"
#include "engine/storage/kv/journal_replay.h"
#include "engine/storage/kv/kv.h"
#include "engine/storage/kv/lmdb_env.h"
#include "engine/storage/kv/snapshot.h"
#include "engine/storage/kv/throttle.h"

namespace asterope::kv {

/// Journal, write buffers and tree put together.
///
/// Locks, in the order in which they may be held together:
///     close_mutex_ > flush_mutex_ > write_mutex_ > state_mutex_ | alarm_mutex_
/// The journal's own locks are below all. write_mutex_ is held while a batch is written to the page cache and put into
/// the buffer, never across an fsync; state_mutex_ for the exchange of a few pointers.
class StoreOfLayers final : public Store {
  public:
    StoreOfLayers(const std::string& directory, Options options);
    ~StoreOfLayers() override;

    // store_open.cc
    Status open(bool create);

    // store.cc
    Result<Sequence> commit(Batch&& batch) override;
    std::shared_ptr<const Snapshot> snapshot() const override;
    Status sync(Sequence upto) override;
    Sequence last_sequence() const override {
        return Sequence{last_sequence_.load(std::memory_order_acquire)};
    }
    Sequence durable_sequence() const override;
    Stats stats() const override;
    Status close() override;

    // store_flush.cc
    Status flush() override;
    Status copy_to(const std::string& directory) override;

  private:
    using Clock = std::chrono::steady_clock;

    // store_open.cc
    Status make_directories(bool create);
    Status recover(JournalPlan& plan);
    void log_recovery(const JournalPlan& plan, bool power_cut) const;
    Status start_journal(const JournalPlan& plan);

    // store.cc
    Status wait_for_room(std::unique_lock<std::mutex>& write_lock, const Batch& batch);
    void insert(std::uint64_t sequence, std::string_view operations);
    std::size_t buffered_bytes() const { return active_bytes_.load() + frozen_bytes_.load(); }
    void set_state(std::shared_ptr<const State> next);
    std::shared_ptr<const State> state() const;
    void replace_worn_out_view() const;

    // store_flush.cc
    Status flush_to(std::uint64_t upto);
    void freeze_active();
    Status write_frozen_to_tree();
    void retire_frozen(std::shared_ptr<const LmdbView> tree);
    void reserve_space();

    // store_background.cc
    void start_background();
    void stop_background();
    void request_flush();
    void note_commit(bool first_in_buffer);
    void note_freeze();
    Clock::time_point flush_due_at() const;
    void run_flusher();
    void run_syncer();
    void note_outcome(std::string& last_error, const Status& outcome, const char* what);

    void log(const std::string& line) const;

    const std::string index_directory_;
    const std::string journal_directory_;
    const Options options_;
    /// With the batches, of records in the journal when the store was opened, that name them. Only during open().
    std::vector<std::pair<std::uint64_t, BlobId>> replayed_blobs_;
    std::shared_ptr<LmdbEnv> env_;
    std::unique_ptr<Journal> journal_;

    std::mutex write_mutex_;         ///< one batch at a time
    WriteBuffer* active_ = nullptr;  ///< of the current state; guarded by write_mutex_
    std::atomic<std::uint64_t> last_sequence_{0};
    std::atomic<bool> closed_{false};

    mutable std::mutex state_mutex_;
    mutable std::shared_ptr<const State> state_;  ///< guarded by state_mutex_

    std::mutex flush_mutex_;  ///< one writer of the tree at a time
    std::mutex close_mutex_;
    Throttle throttle_;
    std::atomic<std::size_t> active_bytes_{0};
    std::atomic<std::size_t> frozen_bytes_{0};
    std::mutex space_mutex_;              ///< one at a time reserves space
    std::atomic<bool> low_space_{false};  ///< only batches that remove something are taken

    std::mutex alarm_mutex_;
    std::condition_variable alarm_;
    std::atomic<bool> unsynced_{false};  ///< a batch waits for the next background sync
    bool stopping_ = false;              ///< these guarded by alarm_mutex_
    bool flush_requested_ = false;
    std::string flush_error_, sync_error_;
    /// When the first batch came into the active buffer.
    Clock::time_point oldest_ = Clock::time_point::max();
    Clock::time_point retry_at_{};
    std::thread flusher_;
    std::thread syncer_;

    std::atomic<std::uint64_t> commits_{0};
    std::atomic<std::uint64_t> flushes_{0};
    std::uint64_t replayed_ = 0;
};

}  // namespace asterope::kv

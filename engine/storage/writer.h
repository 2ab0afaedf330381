#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "engine/storage/blob_files.h"
#include "engine/storage/ids.h"
#include "engine/storage/recent_writes.h"
#include "engine/storage/scope.h"
#include "engine/storage/watchers.h"

namespace asterope::storage {

/// The store itself as a Scope, and the one place where it changes: runs operations one after the other and commits
/// each as one batch.
/// Threads: any. Lock order: engine/DESIGN.md, "Locks"; the writer's lock is taken last but for the table of open nodes.
class Writer final : public Scope {
  public:
    /// `syncs_each`: each change is on stable storage when its call returns. When that fails, the change may be there or not.
    Writer(kv::Store& store, FieldCatalog& fields, BlobFiles& blobs, bool syncs_each)
        : store_(store), fields_(fields), blobs_(blobs), syncs_each_(syncs_each), ids_(store) {}
    /// Reads the counters. Once, before anything else.
    Status start(IsOpen is_open);

    std::shared_ptr<const kv::Reader> now() const override { return store_.snapshot(); }
    Status run(const Operation& operation) override;
    Status exclusively(const std::function<Status(const View&)>& action) override;
    Result<std::uint64_t> next_id() override { return ids_.next(); }
    bool may_write_in_place(BlobId blob) const override { return raw(blob) >= pinned_below_.load(std::memory_order_acquire); }
    Status forget(NodeId node) override;
    Sequence last_change() const override;
    void wait_for_change(Sequence since, std::chrono::milliseconds wait) override;
    Status sync() override { return store_.sync(store_.last_sequence()); }

    /// An operation as it was made, to be made again.
    struct Recorded {
        Operation operation;
        Timestamp at;
    };
    using Validate = std::function<Status(const RecentWrites&)>;
    bool syncs_each() const { return syncs_each_; }
    /// Commits all operations as one batch, which is not synced, if `validate` finds nothing against it. An operation that fails now: conflict.
    /// `events`: what watchers() are to be told when the caller holds no lock.
    Result<Sequence> run_all(std::span<const Recorded> operations, const Validate& validate, std::vector<Change>& events);
    Watchers& watchers() { return watchers_; }

    /// Keeps blobs below its mark as they are: neither changed in place nor deleted.
    /// Lifetime: the Writer must outlive it.
    class Pin {
      public:
        Pin(Writer& writer, std::uint64_t mark) : writer_(&writer), mark_(mark) {}
        Pin(Pin&& other) noexcept : writer_(std::exchange(other.writer_, nullptr)), mark_(other.mark_) {}
        Pin& operator=(Pin&&) = delete;
        ~Pin() {
            if (writer_ != nullptr) writer_->unpin(mark_);
        }
        std::uint64_t mark() const { return mark_; }

      private:
        Writer* writer_;
        std::uint64_t mark_;
    };
    Pin pin(std::uint64_t mark);
    struct Latest {
        std::shared_ptr<const kv::Snapshot> state;
        bool met = false;  ///< one of the keys was written
    };
    /// The latest state, and whether any of `keys` was written between `since` and it. While there is a Base.
    Latest latest(const std::set<std::string>& keys, Sequence since) const;

    /// Keeps every blob, also those that come: while a state is being taken.
    Pin pin_all() { return pin(UINT64_MAX); }
    /// Keeps every blob that there is now.
    Pin pin_present() { return pin(ids_.mark()); }

    /// A state that a transaction reads, pinned; what is written after it is remembered as long as this lives.
    class Base {
      public:
        Base(Writer& writer, Pin pin) : writer_(writer), pin_(std::move(pin)) { ++writer_.base_count_; }
        ~Base() { --writer_.base_count_; }
        std::shared_ptr<const kv::Snapshot> snapshot;
        Sequence last_change{};

      private:
        Writer& writer_;
        Pin pin_;
    };
    /// `settle`: called when blobs are pinned and before the state is taken; what was being written in place is committed.
    Result<std::unique_ptr<Base>> begin(const std::function<Status()>& settle);

    /// A blob that no state from `since` on refers to.
    struct DroppedBlob {
        BlobId blob{};
        Sequence since{};
    };
    /// Those that nothing pins.
    std::vector<DroppedBlob> take_dropped_blobs();
    bool has_dropped_blobs() const;
    void give_back(std::vector<DroppedBlob> blobs);

  private:
    Result<Sequence> run_once(const Operation& operation, std::vector<Change>& events);
    Result<Sequence> commit(Outcome outcome, std::vector<Change>& events);
    Result<Sequence> commit_noted(Outcome& outcome);
    void unpin(std::uint64_t mark);

    kv::Store& store_;
    FieldCatalog& fields_;
    BlobFiles& blobs_;
    const bool syncs_each_;
    IdSource ids_;
    IsOpen is_open_;
    Watchers watchers_;

    std::mutex mutex_;  ///< held while an edit is made and committed
    mutable std::mutex recent_mutex_;  ///< held while a batch is committed and noted; below mutex_
    RecentWrites recent_;  ///< while there is a Base; changed under both of them
    std::atomic<int> base_count_ = 0;

    mutable std::mutex pins_mutex_;  ///< guards what follows
    std::multiset<std::uint64_t> pins_;  ///< marks
    std::atomic<std::uint64_t> pinned_below_ = 0;  ///< the highest of them

    mutable std::mutex feed_mutex_;  ///< guards what follows
    std::condition_variable feed_grew_;
    std::uint64_t next_change_ = 1;
    std::vector<DroppedBlob> dropped_;
};

}  // namespace asterope::storage

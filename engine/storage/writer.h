#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/storage/edit.h"

namespace asterope::storage {

/// The one place where a store changes: runs edits one after the other and commits each as one batch.
/// Threads: any. Lock order: engine/DESIGN.md, "Locks"; the writer's lock is taken last but for the table of open nodes.
class Writer {
  public:
    Writer(kv::Store& store, FieldCatalog& fields) : store_(store), fields_(fields) {}
    /// Reads the counters. Once, before anything else.
    Status start();

    /// Runs `change` alone and commits what it did; an error of `change` commits nothing. An edit that did nothing is no commit.
    /// Returns the sequence of the state that contains it.
    Result<Sequence> apply(const std::function<Status(Edit&)>& change);
    /// Runs `action` while no edit runs, with the latest state.
    Status exclusively(const std::function<Status(const View&)>& action);

    /// The sequence of the latest event of the feed.
    Sequence last_change() const;
    /// Waits until the feed is past `since`, at most `wait`.
    void wait_for_change(Sequence since, std::chrono::milliseconds wait);

    /// A blob that no state from `since` on refers to.
    struct DroppedBlob {
        BlobId blob{};
        Sequence since{};
    };
    std::vector<DroppedBlob> take_dropped_blobs();
    void give_back(std::vector<DroppedBlob> blobs);

  private:
    Result<Sequence> commit(Edit& edit);

    kv::Store& store_;
    FieldCatalog& fields_;
    std::mutex mutex_;  ///< held while an edit is made and committed
    IdSource ids_;
    mutable std::mutex feed_mutex_;  ///< guards what follows
    std::condition_variable feed_grew_;
    std::uint64_t next_change_ = 1;
    std::vector<DroppedBlob> dropped_;
};

}  // namespace asterope::storage

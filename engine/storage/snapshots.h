#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/core/volume.h"
#include "engine/storage/writer.h"

namespace asterope::storage {

/// The named snapshots of a store:
///
///     snapshots/NAME/data.mdb   a copy of the index
///     snapshots/NAME/INFO       text: "created RFC3339", "mark N" (blobs below N may be named by it)
///     snapshots/.NAME           what is not there yet, or no more, or was only held: removed at opening
///
/// Threads: any.
class Snapshots {
  public:
    /// Reads what there is, pins the blobs, and removes what a crash left half made.
    static Result<std::unique_ptr<Snapshots>> open(const std::string& store_directory, Writer& writer);

    /// What is called when all blobs are pinned: `before` the copy is made, and `after`, when what others write to its blobs
    /// without us must go elsewhere from now on.
    struct Settle {
        std::function<Status()> before, after;
    };
    Result<SnapshotInfo> make(std::string_view name, kv::Store& store, const Settle& settle);
    Status drop(std::string_view name);
    std::vector<SnapshotInfo> list() const;
    Result<std::shared_ptr<Volume>> volume(std::string_view name, Volume& outside, BlobFiles& blobs);
    /// One without a name, which is dropped when what is returned is destroyed, or with the process.
    Result<std::shared_ptr<Volume>> hold(kv::Store& store, const Settle& settle, Volume& outside,
                                         BlobFiles& blobs);

  private:
    struct Known {
        SnapshotInfo info;
        Writer::Pin pin;
        std::weak_ptr<Volume> opened{};
    };
    Snapshots(std::string directory, Writer& writer) : directory_(std::move(directory)), writer_(writer) {}
    Status load(const std::string& name);
    Result<Writer::Pin> copy_index(const std::string& directory, kv::Store& store, const Settle& settle);
    std::string path_of(std::string_view name) const { return directory_ + "/" + std::string(name); }

    const std::string directory_;
    Writer& writer_;
    std::atomic<std::uint64_t> held_count_ = 0;
    mutable std::mutex mutex_;  ///< guards what follows; held while a snapshot is made
    std::map<std::string, Known, std::less<>> known_;
};

}  // namespace asterope::storage

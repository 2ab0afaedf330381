#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/volume.h"
#include "engine/storage/blob_files.h"
#include "engine/storage/writer.h"

namespace asterope::storage {

/// What the background work on a store needs of it. Lifetime: the store's.
struct BackgroundRooms {
    Volume& volume;
    Writer& writer;
    BlobFiles& blobs;
    std::function<bool(NodeId)> is_dirty;  ///< whether somebody has written to the node and not committed
    std::function<void(const std::string&)> log;
};

/// A checksum that was computed, and of what.
struct ComputedChecksum {
    NodeId node{};
    BlobId blob{};
    ChecksumRecord record;
};
/// Keeps those whose content is still the same. Part of an edit.
Status record_checksums(Edit& edit, const std::vector<ComputedChecksum>& computed, const std::function<bool(NodeId)>& is_dirty);

/// The calling thread's reading and writing waits for that of all others.
void make_io_idle();

/// Computes the checksums of new blobs, on a thread of its own: follows the change feed from where it was ("checksums_to"
/// in the meta table), or looks at all nodes where the feed no longer reaches back. A file waits until it has been left
/// alone for a while that grows with its size, so that one that is written again and again is not read as often.
/// Threads: the owner's. Destroying it ends the work.
class ChecksumKeeper {
  public:
    explicit ChecksumKeeper(BackgroundRooms rooms);

  private:
    struct Waiting {
        Sequence since{};  ///< the event that told of it
        Timestamp due{};   ///< when to look at it again
    };
    void run(const std::stop_token& stop);
    Status round(const std::stop_token& stop);
    Status follow_feed();
    Status scan_nodes();
    Status compute_due(const std::stop_token& stop);
    std::optional<Timestamp> look_at(NodeId node, const std::stop_token& stop);
    Status commit();
    Sequence done_through() const;

    const BackgroundRooms rooms_;
    Sequence seen_{}, saved_{};  ///< of the feed: what was read, what the meta table says
    std::optional<std::uint64_t> scan_from_;  ///< the next node to look at, while there is no feed to follow
    std::map<NodeId, Waiting> waiting_;
    std::vector<ComputedChecksum> computed_;
    std::jthread thread_;
};

}  // namespace asterope::storage

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "engine/storage/content.h"

namespace asterope::storage {

/// The nodes that somebody has open, each with its one Content.
/// Threads: any.
class OpenNodes {
  public:
    explicit OpenNodes(const Rooms& rooms) : rooms_(rooms) {}
    OpenNodes(const OpenNodes&) = delete;

    /// Opens `node`; every acquire is paired with a release. `alone` tells whether nobody else has it open.
    /// Errors: not_found · is_dir · invalid (not a regular file) · corrupt (its blob is missing)
    struct Acquired {
        std::shared_ptr<Content> content;
        bool alone = false;
    };
    Result<Acquired> acquire(NodeId node);
    /// Commits, closes, and removes the node when it has no name left.
    Status release(const std::shared_ptr<Content>& content);

    /// Releases what only waited for somebody to unmap it, if he has; with `at_once`, whether he has or not.
    void release_mapped(bool at_once);

    /// nullptr when nobody has it open.
    std::shared_ptr<Content> find(NodeId node) const;
    bool is_open(NodeId node) const { return find(node) != nullptr; }
    std::vector<std::shared_ptr<Content>> all() const;
    /// Takes over contents that were committed by other means. Requires: the caller holds their locks.
    Status reload(const std::map<NodeId, std::shared_ptr<Content>>& contents);

  private:
    struct Entry {
        std::shared_ptr<Content> content;
        std::size_t users = 0;
    };
    /// Counts one user less unless that is the last.
    bool leave_to_others(NodeId node);
    /// Counts one user less; true if that was the last.
    bool leave(NodeId node);

    Rooms rooms_;
    mutable std::mutex mutex_;  ///< guards what follows; nothing else is locked under it
    std::unordered_map<std::uint64_t, Entry> entries_;
    std::vector<std::shared_ptr<Content>> mapped_;  ///< released by all, and mapped by somebody who may write: a user each
};

}  // namespace asterope::storage

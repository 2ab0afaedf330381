#pragma once

#include <mutex>
#include <unordered_map>

#include "engine/core/attr.h"

namespace asterope::fs {

/// A state of a file's content. Versions alone would miss what others have written in place and not committed
/// yet.
struct ContentStamp {
    std::uint64_t version = 0;
    std::uint64_t size = 0;
    Timestamp mtime{};

    static ContentStamp of(const Attr& attr) { return {attr.version, attr.size, attr.mtime}; }
    bool operator==(const ContentStamp&) const = default;
};

/// Which content the pages belong to that the kernel keeps of a file after its last close, so that the next
/// open need not drop them. The kernel drops a file's pages while it opens it, unless it is told to keep
/// them; so all of them are at least as new as the stamp that was taken during that open. Changes through
/// this mount it applies to its pages itself; any other change gives another stamp. Shape:    an entry for
/// each file that was opened and that the kernel still knows. Threads:  any.
class KeptPages {
  public:
    /// Whether the pages of `node` are those of `now`.
    bool are_of(NodeId node, const ContentStamp& now) const {
        std::lock_guard lock(mutex_);
        const auto it = stamps_.find(node);
        return it != stamps_.end() && it->second == now;
    }
    /// An open that dropped the pages, or kept these very ones, and that the kernel has surely seen.
    void opened(NodeId node, const ContentStamp& then) {
        std::lock_guard lock(mutex_);
        stamps_[node] = then;
    }
    void forget(NodeId node) {
        std::lock_guard lock(mutex_);
        stamps_.erase(node);
    }

  private:
    mutable std::mutex mutex_;
    std::unordered_map<NodeId, ContentStamp> stamps_;
};

}  // namespace asterope::fs

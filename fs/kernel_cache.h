#pragma once

#include <set>
#include <span>
#include <vector>

#include "engine/core/volume.h"

namespace asterope::fs {

/// What the kernel may have kept of a mount and is no longer true.
struct Stale {
    std::set<NodeId> nodes;       ///< attributes and pages: of a file its bytes, of a directory its listing
    std::set<NodeId> attributes;  ///< attributes alone
    std::vector<Link> names;      ///< also that there is no such name
};

/// What changes that did not come from the kernel make stale.
Stale stale_after(std::span<const Change> changes);

/// Whoever can tell the kernel.
/// Threads: any.
class KernelCache {
  public:
    virtual ~KernelCache() = default;
    /// Makes the kernel drop it, soon: at once it could wait for a request that the caller is in the way of.
    virtual void drop(Stale stale) = 0;
    /// Returns when the kernel has dropped all that it was told before, or after a second. Requires: the caller holds no lock.
    virtual void settle() = 0;
};

}  // namespace asterope::fs

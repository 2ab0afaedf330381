#pragma once

#include <set>
#include <vector>

#include "engine/core/volume.h"

namespace asterope::fs {

/// What the kernel may have kept of a mount (names, attributes, pages of files) and is no longer true.
struct Stale {
    std::set<NodeId> nodes;
    std::vector<Link> names;
};

/// Whoever can tell the kernel.
/// Threads: any.
class KernelCache {
  public:
    virtual ~KernelCache() = default;
    /// Returns when the kernel has dropped all of it, or so much later that it would ask again by itself.
    virtual void drop(Stale stale) = 0;
};

}  // namespace asterope::fs

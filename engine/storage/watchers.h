#pragma once

#include <list>
#include <memory>
#include <shared_mutex>
#include <span>

#include "engine/core/volume.h"

namespace asterope::storage {

/// Those who are told of changes (Volume::watch).
/// Threads: any.
class Watchers {
  public:
    /// Lifetime: the Watchers must outlive it.
    std::unique_ptr<ChangeWatch> add(Origin own, ChangeCallback changed);
    /// Tells those that are not `origin`. Holding no lock that a request of theirs may need.
    void tell(Origin origin, std::span<const Change> changes) const;

  private:
    struct Watcher {
        Origin own{};
        ChangeCallback changed;
    };
    class Entry;

    mutable std::shared_mutex mutex_;  ///< shared while they are called, so that none is called after its end
    std::list<Watcher> watchers_;
};

}  // namespace asterope::storage

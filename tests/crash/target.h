#pragma once

#include <memory>
#include <string>

#include "engine/core/volume.h"
#include "tests/crash/step.h"

namespace asterope::crash {

/// A directory whose content steps change. Threads: one at a time for one directory.
class Target {
  public:
    virtual ~Target() = default;
    /// Returns when the step has been answered; an error means that nothing has changed.
    virtual Status apply(const Step& step) = 0;
};

/// The directory `directory` (a key, "" for the root) of a volume.
std::unique_ptr<Target> volume_target(Volume& volume, std::string directory);
/// The same through system calls on a mounted directory.
std::unique_ptr<Target> posix_target(std::string directory);

}  // namespace asterope::crash

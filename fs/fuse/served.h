#pragma once

#include <functional>

#include "fs/filesystem.h"

namespace asterope::fs::fuse {

/// What libfuse hands to every handler.
struct Served {
    FileSystem& filesystem;
    std::function<void()> ready;  ///< called when the kernel has made the connection; may be empty
};

}  // namespace asterope::fs::fuse

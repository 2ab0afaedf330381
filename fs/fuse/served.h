#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "fs/filesystem.h"

namespace asterope::fs::fuse {

/// The INIT exchange, which comes before all else.
struct Handshake {
    std::atomic<std::uint64_t> request = 0;  ///< its number; 0: not yet read
    std::uint32_t offered = 0;               ///< FUSE_… flags of the kernel
};

/// What libfuse hands to every handler.
struct Served {
    FileSystem& filesystem;
    std::function<void()> ready;  ///< called when the kernel has made the connection; may be empty
    Handshake handshake{};
};

}  // namespace asterope::fs::fuse

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "fs/filesystem.h"

namespace asterope::fs::fuse {

/// How a mount is served.
struct Service {
    std::function<void()> ready;                ///< called when the kernel has made the connection; may be empty
    std::function<void(std::string_view)> log;  ///< may be empty
    bool passthrough = false;                   ///< wanted
};

/// The INIT exchange, which comes before all else.
struct Handshake {
    std::atomic<std::uint64_t> request = 0;  ///< its number; 0: not yet read
    std::uint64_t offered = 0;               ///< FUSE_… flags of the kernel
};

/// What libfuse hands to every handler.
struct Served {
    FileSystem& filesystem;
    const Service service;
    Handshake handshake{};
};

}  // namespace asterope::fs::fuse

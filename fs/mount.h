#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/volume.h"
#include "fs/options.h"

namespace asterope::fs {

struct MountOptions {
    Options filesystem{};
    std::string fsname{};  ///< what /proc/mounts shows as the source; empty: the volume's description
    std::optional<bool> allow_other{};  ///< let other users in; empty: if this process is root
    bool read_only = false;
    std::vector<std::string> options{};  ///< further mount options ("noatime", "nosuid"), as after -o
    bool passthrough = true;             ///< let the kernel read and write large files by itself, if this process is root
    unsigned threads_max = 32;           ///< requests answered at the same time
    /// Called once, by a thread that answers requests, when the kernel has made the connection. The process does not find that out by a
    /// request of its own: killed in the middle of one, it would wait for its own answer for ever.
    std::function<void()> ready{};
    std::function<void(std::string_view)> log{};  ///< one line about what does not work as it should; may be empty
};

/// A volume at a place in the file tree.
/// Lifetime: the Volume and the TransactionTable of the options must outlive it. Destroying it unmounts.
class Mount {
  public:
    virtual ~Mount() = default;
    /// Answers requests until the mount is gone: by stop() or by umount.
    /// Call once. Returns after every file is closed.
    /// Errors: io (the kernel's connection broke)
    virtual Status run() = 0;
    /// Ends run() soon: writes back mapped pages, takes the mount out of the tree (files still open get ENOTCONN).
    /// Before run() has begun, waits for it.
    /// Threads: any but those of run(); not a signal handler. Again and after the end: no effect.
    virtual void stop() = 0;
    /// Returns when programs see in the mount what others have changed in the volume before the call (at most a second later).
    /// Threads: any that hold no lock and answer no request of the mount.
    virtual void settle() = 0;
};

/// Mounts `volume` at `mountpoint`, an existing empty directory. Requests wait until run() answers them.
/// Errors: not_found · not_dir · not_empty · busy (a dead mount is there) · unavailable (no FUSE) · not_permitted ·
///         invalid (an option); each with one line that says it.
Result<std::unique_ptr<Mount>> mount(Volume& volume, const std::string& mountpoint,
                                     const MountOptions& options);

}  // namespace asterope::fs

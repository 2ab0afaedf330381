#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "engine/core/volume.h"
#include "fs/backing_files.h"

namespace asterope::fs {

/// Which open nodes the kernel reads and writes by itself (FUSE passthrough). While a node is open, all its opens must be of the
/// same kind, and of the same backing file: so the first open decides, and what it decided holds until the last is closed.
/// Threads:  any. A closed() may come late, when the kernel has begun anew already: then what was decided goes on.
/// Source:   fs/fuse/iomode.c and passthrough.c of Linux.
class PassedThrough {
  public:
    /// Before the first open; without it nothing is passed through. Lifetime: as this.
    void set_kernel(BackingFiles& kernel) { kernel_ = &kernel; }

    /// `node` is opened as `file`. Returns the backing file to be named in the reply; nullopt: the kernel is to ask us.
    /// `may_begin`: whether it may be passed through if it is not open yet. Errors: those of File::lend, nothing is counted then
    Result<std::optional<std::uint32_t>> opened(NodeId node, File& file, bool may_begin);
    /// Once for each success of opened(), when the kernel has closed it.
    void closed(NodeId node);

  private:
    struct Open {
        std::mutex mutex;  ///< held while it is decided
        bool decided = false;
        std::optional<std::uint32_t> backing_id;
        std::size_t count = 0;  ///< guarded by PassedThrough::mutex_
    };
    std::shared_ptr<Open> enter(NodeId node);
    std::optional<std::uint32_t> begin(File& file);

    BackingFiles* kernel_ = nullptr;
    std::atomic<bool> is_taken_ = true;  ///< until the kernel refuses a file: it will refuse all
    std::mutex mutex_;  ///< guards what follows
    std::unordered_map<NodeId, std::shared_ptr<Open>> open_;
};

}  // namespace asterope::fs

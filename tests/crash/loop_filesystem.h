#pragma once

#include <cstdint>
#include <string>

#include "engine/storage/descriptor.h"

namespace asterope::crash {

/// Empty where filesystems can be made and mounted, else why not. Enters a mount namespace of its own, so it must
/// be called before any thread is made; whatever is mounted afterwards goes with the process, however it ends.
std::string enter_mount_namespace();

/// A filesystem in a file, mounted through a loop device, whose power can be cut. Its file has no name and its device
/// detaches itself, so that nothing stays behind.
class LoopFilesystem {
  public:
    /// `type`: "ext4" or "xfs". Throws std::runtime_error.
    LoopFilesystem(const std::string& type, std::uint64_t bytes);
    ~LoopFilesystem();
    LoopFilesystem(const LoopFilesystem&) = delete;
    LoopFilesystem& operator=(const LoopFilesystem&) = delete;

    const std::string& path() const { return path_; }
    /// From now on nothing reaches the disk: not the page cache, not the filesystem's own log.
    void cut_power();
    /// As after a reboot. Nobody may have a file open.
    void remount();

  private:
    void mount();
    void unmount();

    const std::string type_;
    std::string path_;
    Descriptor image_;
};

}  // namespace asterope::crash

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace asterope::fs {

/// The requests of FUSE that a mount answers.
enum class Request : std::uint8_t {
    lookup,
    forget,
    getattr,
    setattr,
    readlink,
    mknod,
    mkdir,
    symlink,
    unlink,
    rmdir,
    rename,
    link,
    statfs,
    open,
    create,
    read,
    write,
    flush,
    release,
    fsync,
    fallocate,
    lseek,
    copy_file_range,
    ioctl,
    opendir,
    readdir,
    readdirplus,
    releasedir,
    fsyncdir,
    setxattr,
    getxattr,
    listxattr,
    removexattr,
    count_,
};

/// The virtual attribute of a mount's root that shows them.
constexpr std::string_view kRequestsAttribute = "user.asterope.requests";

/// How often the kernel has asked for each, since the mount began. What it answered from its caches is not in
/// it. Threads: any.
class RequestCounts {
  public:
    void add(Request request) {
        counts_[static_cast<std::size_t>(request)].fetch_add(1, std::memory_order_relaxed);
    }
    /// One line for each kind, its name and its number. Shape: always of the same length, so that a caller
    /// may ask for the length first.
    std::string text() const;

  private:
    std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Request::count_)> counts_{};
};

}  // namespace asterope::fs

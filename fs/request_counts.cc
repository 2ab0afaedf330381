#include "fs/request_counts.h"

#include <cinttypes>
#include <cstdio>
#include <iterator>

namespace asterope::fs {
namespace {

/// In the order of Request.
constexpr const char* kNames[] = {"lookup",    "forget",      "getattr",         "setattr",  "readlink",
                                  "mknod",     "mkdir",       "symlink",         "unlink",   "rmdir",
                                  "rename",    "link",        "statfs",          "open",     "create",
                                  "read",      "write",       "flush",           "release",  "fsync",
                                  "fallocate", "lseek",       "copy_file_range", "ioctl",    "opendir",
                                  "readdir",   "readdirplus", "releasedir",      "fsyncdir", "setxattr",
                                  "getxattr",  "listxattr",   "removexattr"};
static_assert(std::size(kNames) == static_cast<std::size_t>(Request::count_));

}  // namespace

std::string RequestCounts::text() const {
    std::string lines;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        char line[64];
        std::snprintf(line, sizeof line, "%-16s%20" PRIu64 "\n", kNames[i],
                      counts_[i].load(std::memory_order_relaxed));
        lines += line;
    }
    return lines;
}

}  // namespace asterope::fs

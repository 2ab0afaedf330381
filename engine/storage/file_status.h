#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>

#include "engine/core/result.h"
#include "engine/core/timestamp.h"

namespace asterope::storage {

struct FileStatus {
    std::uint64_t size = 0;    ///< bytes
    std::uint64_t blocks = 0;  ///< of 512 bytes
    Timestamp mtime{};
};

inline Result<FileStatus> status_of(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return fail_errno(errno, "fstat of a blob");
    return FileStatus{static_cast<std::uint64_t>(status.st_size),
                      static_cast<std::uint64_t>(status.st_blocks),
                      {status.st_mtim.tv_sec, static_cast<std::uint32_t>(status.st_mtim.tv_nsec)}};
}

}  // namespace asterope::storage

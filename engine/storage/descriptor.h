#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>

#include "engine/core/descriptor.h"
#include "engine/storage/kv/disk.h"

namespace asterope::storage {

/// Reads until `buffer` is full or the file ends; returns the bytes read.
inline Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<std::byte> buffer) {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const ssize_t n = ::pread(fd, buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
        if (n == 0) break;
        if (n > 0)
            done += static_cast<std::size_t>(n);
        else if (errno != EINTR)
            return fail_errno(errno, "reading a blob");
    }
    return done;
}

inline Status write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes) {
    const int fault = kv::disk_fault(kv::DiskCall::write);
    if (fault != 0) bytes = bytes.first(bytes.size() / 2);
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n >= 0) {
            offset += static_cast<std::uint64_t>(n);
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        } else if (errno != EINTR) {
            return fail_errno(errno, "writing a blob");
        }
    }
    if (fault != 0) return fail_errno(fault, "writing a blob");
    return {};
}

}  // namespace asterope::storage

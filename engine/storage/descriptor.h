#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "engine/core/result.h"

namespace asterope::storage {

/// Owns a file descriptor.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

/// open(2) that retries EINTR and always sets O_CLOEXEC.
inline Result<Descriptor> open_file(const std::string& path, int flags, mode_t mode = 0600) {
    for (;;) {
        const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
        if (fd >= 0) return Descriptor(fd);
        if (errno != EINTR) return fail_errno(errno, path);
    }
}

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
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n >= 0) {
            offset += static_cast<std::uint64_t>(n);
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        } else if (errno != EINTR) {
            return fail_errno(errno, "writing a blob");
        }
    }
    return {};
}

}  // namespace asterope::storage

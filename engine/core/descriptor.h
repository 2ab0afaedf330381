#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "engine/core/result.h"

namespace asterope {

/// Owns a file descriptor of any kind. Threads: as the descriptor's own.
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

}  // namespace asterope

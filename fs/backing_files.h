#pragma once

#include <cstdint>
#include <optional>

namespace asterope::fs {

/// Whoever can hand a file to the kernel, which then reads, writes and maps it without asking us.
/// Threads: any.
class BackingFiles {
  public:
    virtual ~BackingFiles() = default;
    /// Its number with the kernel; nullopt: the kernel does not take it. `fd` may be closed afterwards.
    virtual std::optional<std::uint32_t> register_file(int fd) = 0;
    virtual void forget_file(std::uint32_t backing_id) = 0;
};

}  // namespace asterope::fs

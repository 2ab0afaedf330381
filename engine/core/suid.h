#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace asterope {

/// The mode that a file keeps when its content, owner or group changes: an executable must not run as somebody else by accident.
constexpr std::uint32_t without_suid(std::uint32_t mode) {
    mode &= ~std::uint32_t{S_ISUID};
    if ((mode & S_IXGRP) != 0) mode &= ~std::uint32_t{S_ISGID};
    return mode;
}

}  // namespace asterope

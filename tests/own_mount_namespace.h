#pragma once

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace asterope {

/// Moves this process, which must have no other threads yet, to a mount namespace of its own, so that no mount of it outlives it. It leaves
/// the FUSE mounts that others have: a copy of one would keep it alive after they unmount it. Returns what stands against it; empty: nothing.
inline std::string enter_own_mount_namespace() {
    if (::unshare(CLONE_NEWNS) != 0) return std::string("no mount namespace: ") + std::strerror(errno);
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return std::string("no private mounts: ") + std::strerror(errno);
    std::ifstream mounts("/proc/self/mounts");
    for (std::string line; std::getline(mounts, line);) {
        std::string source, place, type;
        std::istringstream(line) >> source >> place >> type;
        if (type.starts_with("fuse.")) ::umount2(place.c_str(), MNT_DETACH);
    }
    return "";
}

}  // namespace asterope

#include "client/command/unmounting.h"

#include <sys/file.h>

#include <cerrno>

#include "engine/core/descriptor.h"

namespace asterope::command {

Status wait_until_released(const std::string& store) {
    // The lock of the store is the last thing that the process lets go of.
    const auto lock = open_file(store + "/lock", O_RDWR);
    if (!lock) return Unexpected(lock.error());
    while (::flock(lock->get(), LOCK_EX) != 0)
        if (errno != EINTR) return fail_errno(errno, "waiting for the store");
    return {};
}

}  // namespace asterope::command

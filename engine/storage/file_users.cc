#include "engine/storage/file_users.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace asterope::storage {
namespace {

/// A lease for writing is given to the only user of a file. Should another come while we have it, he waits until we give
/// it back, and we are told by a signal: one that is ignored unless asked for, instead of the usual SIGIO, which kills.
bool can_lease(int fd) {
    ::fcntl(fd, F_SETSIG, SIGURG);
    if (::fcntl(fd, F_SETLEASE, F_WRLCK) != 0) return errno != EAGAIN && errno != EBUSY;  // else: this filesystem has no leases
    ::fcntl(fd, F_SETLEASE, F_UNLCK);
    return true;
}

}  // namespace

bool is_used_elsewhere(int fd) {
    for (const useconds_t wait_us : {0u, 50u, 500u}) {
        if (wait_us != 0) ::usleep(wait_us);
        if (can_lease(fd)) return false;
    }
    return true;
}

}  // namespace asterope::storage

#pragma once

#include <cstdint>
#include <optional>

#include "engine/core/result.h"
#include "fs/fuse/served.h"

struct fuse_session;

/// What the kernel's protocol has and libfuse 3.14 does not know. We sit between libfuse and /dev/fuse: in the INIT exchange more
/// is asked for than libfuse would, and what requests say beyond what libfuse hands on is kept for the thread that answers them.
///
///     FUSE_HANDLE_KILLPRIV_V2  -- that suid bits and file capabilities of what is written are ours to take (Caller::keeps_suid),
///                                 so that the kernel asks for security.capability once a file, not before every write
///     FUSE_PASSTHROUGH         -- that a file which we have registered is read, written and mapped without asking us
namespace asterope::fs::fuse {

/// Call between the mount and the loop. Errors: io (out of memory)
Status sit_before_device(fuse_session* session);

/// Whether the request that this thread answers takes suid and sgid bits of the file that it changes; nullopt: it does not say.
std::optional<bool> request_kills_suid();

/// Whether the kernel has been asked for passthrough, and will do it.
bool offers_passthrough(const Handshake& handshake);
/// The number of a backing file on the connection `device`. Errors: not_permitted · ELOOP as sys_errno (it lies on a filesystem
/// that is itself stacked on another)
Result<std::uint32_t> register_file(int device, int fd);
void forget_file(int device, std::uint32_t backing_id);
/// The next reply of this thread, to OPEN or CREATE, names this backing file.
void pass_through_next_open(std::uint32_t backing_id);

}  // namespace asterope::fs::fuse

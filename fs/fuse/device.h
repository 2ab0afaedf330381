#pragma once

#include <optional>

#include "engine/core/result.h"

struct fuse_session;

/// What the kernel's protocol has and libfuse 3.14 does not know. We sit between libfuse and /dev/fuse: in the INIT exchange more
/// is asked for than libfuse would, and what requests say beyond what libfuse hands on is kept for the thread that answers them.
///
///     FUSE_HANDLE_KILLPRIV_V2  -- that suid bits and file capabilities of what is written are ours to take (Caller::keeps_suid),
///                                 so that the kernel asks for security.capability once a file, not before every write
namespace asterope::fs::fuse {

/// Call between the mount and the loop. Errors: io (out of memory)
Status sit_before_device(fuse_session* session);

/// Whether the request that this thread answers takes suid and sgid bits of the file that it changes; nullopt: it does not say.
std::optional<bool> request_kills_suid();

}  // namespace asterope::fs::fuse

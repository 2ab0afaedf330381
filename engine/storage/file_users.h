#pragma once

namespace asterope::storage {

/// Whether somebody has the file of `fd`, which is open for reading and writing, open or mapped by another open(2) than ours.
/// Waits for a moment, since the kernel tells of a close before it has quite made it.
bool is_used_elsewhere(int fd);

}  // namespace asterope::storage

#pragma once

#include <string>

#include "engine/core/result.h"

/// Tells the mere death of a process from a possible power cut.
///
/// journal/boot holds one line, padded with spaces to 127 bytes and a newline (rewriting it needs no new block):
///
///     asterope-boot 1 BOOT_ID unique|reused MOUNT_ID
///     asterope-boot 1 dfe43c68-86f2-465c-a772-a0f567342b31 unique 4294967321
///
/// BOOT_ID is /proc/sys/kernel/random/boot_id; MOUNT_ID the id that statx gives for the mount below, `unique` since
/// Linux 6.8 (STATX_MNT_ID_UNIQUE). If the same line would be written again, nothing since then can have lost what was
/// in the page cache. Before 6.8 a mount id may be used again after an unmount, so that a disk unplugged and mounted
/// again without a reboot can be mistaken for a dead process there.
namespace asterope::kv {

/// The line for `directory`, now. Empty when it cannot be told.
std::string boot_mark_now(const std::string& directory);
/// Whether the page cache may have been lost since the mark in `directory` was written; when in doubt, true.
bool power_cut_since_mark(const std::string& directory);
Status write_boot_mark(const std::string& directory);

}  // namespace asterope::kv

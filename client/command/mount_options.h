#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/storage/local_volume.h"
#include "fs/mount.h"

namespace asterope::command {

/// What the words after -o, or in the fourth field of fstab(5), ask for.
struct ParsedOptions {
    OnReplace on_replace = OnReplace::inherit;  ///< what renaming a file over another does with metadata
    StoreDurability durability = StoreDurability::second;
    std::chrono::hours scrub_every{0};          ///< 0: never
    fs::MountOptions mount{};
    std::string log{};  ///< a file; empty: none was named
};

/// Reads `words` over what `options` holds. Words for mount(8), systemd and the boot are left out (nofail,
/// x-systemd.…), and so are those that say what is so anyway (rw, relatime); the rest goes to the kernel as
/// it is. With the word `sloppy`, what nobody knows is left out as well. Errors: invalid, with the word
Result<ParsedOptions> parse_mount_options(const std::vector<std::string>& words, ParsedOptions options = {});

}  // namespace asterope::command

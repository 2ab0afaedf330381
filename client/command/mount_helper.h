#pragma once

#include <functional>
#include <string>
#include <vector>

namespace asterope::command {

/// Whether a program of this name (argv[0]) is called by mount(8) or umount(8): mount.asterope,
/// mount.fuse.asterope, umount.asterope.
bool is_mount_helper(const std::string& program);

/// Does what mount(8) or umount(8) asks; to mount, `run` gets a command line of `asterope` without the
/// program's name. Returns the exit status that they expect: 0, 1 (wrong use) or 32 (it failed). Source:
/// mount(8) and umount(8), "External helpers"
int run_mount_helper(const std::string& program, std::vector<std::string> arguments,
                     const std::function<int(std::vector<std::string>)>& run);

}  // namespace asterope::command

#include "fs/caller.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace asterope::fs {

bool Caller::in_group(std::uint32_t group) const {
    if (gid == group) return true;
    if (!groups) return false;
    const auto list = groups();
    return std::find(list.begin(), list.end(), group) != list.end();
}

Caller Caller::with_known_groups() const {
    Caller known = *this;
    known.stop = {};
    if (groups && !is_root()) known.groups = [list = groups()] { return list; };
    return known;
}

std::vector<std::uint32_t> groups_of_process(std::int32_t pid) {
    constexpr std::string_view kLabel = "Groups:";
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::vector<std::uint32_t> groups;
    for (std::string line; std::getline(status, line);) {
        if (!line.starts_with(kLabel)) continue;
        std::istringstream numbers(line.substr(kLabel.size()));
        for (std::uint32_t group = 0; numbers >> group;) groups.push_back(group);
        break;
    }
    return groups;
}

}  // namespace asterope::fs

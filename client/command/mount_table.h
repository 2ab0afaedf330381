#pragma once

#include <istream>
#include <optional>
#include <string>

namespace asterope::command {

/// The store that is mounted at `directory` (absolute); nullopt if that is no mount of ours.
std::optional<std::string> store_mounted_at(const std::string& directory);
/// The same by a table in the form of /proc/self/mountinfo.
std::optional<std::string> store_mounted_at(const std::string& directory, std::istream& table);

}  // namespace asterope::command

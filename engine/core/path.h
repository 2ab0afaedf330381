#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/volume.h"

namespace asterope {

/// invalid or name_too_long unless `name` can name a node: 1 to 255 bytes, no '/', no NUL, not "." or "..".
Status check_name(std::string_view name);

/// The components of a key ("study1/ct-001.dcm"); leading, trailing and doubled slashes are dropped. The root is the empty key.
/// Errors: invalid (a component "." or "..", NUL) · name_too_long
Result<std::vector<std::string>> split_key(std::string_view key);

/// The node that `key` names, symbolic links not followed in the last component and an error (not_dir) in others.
Result<Attr> resolve(Volume& volume, std::string_view key);

/// The parent directory of `key` and its last component. Errors: invalid for the root.
struct Place {
    NodeId dir{};
    std::string name;
};
Result<Place> resolve_parent(Volume& volume, std::string_view key);

/// The key of `node`: its first link's path from the root.
Result<std::string> key_of(Volume& volume, NodeId node);

/// Creates the directory `key` and those above it as far as they are missing; returns it.
/// Errors: not_dir (something else is in the way)
Result<Attr> make_directories(Volume& volume, std::string_view key, const NewNode& directory);

}  // namespace asterope

#pragma once

#include <memory>
#include <string>

#include "engine/core/volume.h"

namespace asterope {

/// The volume at `place`, a store's directory: opened here when nobody has it open, else through the socket of the process that has.
/// Errors:   not_found · format · unavailable (in use, and that process does not answer) · unsupported (a URL) · corrupt · io;
///           each with one line that says it.
Result<std::unique_ptr<Volume>> open_volume(const std::string& place);

/// Where the process that has the store at `directory` open answers.
inline std::string socket_path(const std::string& directory) { return directory + "/asterope.sock"; }

}  // namespace asterope

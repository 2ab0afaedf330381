#pragma once

#include <string>

#include "engine/core/result.h"

namespace asterope::storage {

/// Creates the file `path` with `text`, on stable storage when it returns. Errors: exists · no_space · io
Status write_durably(const std::string& path, const std::string& text);

}  // namespace asterope::storage

#pragma once

#include <string>

#include "engine/core/result.h"

namespace asterope::command {

/// Waits until the process that served a mount of `store` has let go of it: then everything is on disk.
Status wait_until_released(const std::string& store);

}  // namespace asterope::command

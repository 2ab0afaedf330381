#pragma once

#include <cstdint>
#include <functional>

#include "engine/core/result.h"

namespace asterope::storage {

/// Makes the empty file `to` equal to `from`: by sharing its blocks where the filesystem can, else by copying what is
/// not a hole. `copied(bytes)` is called now and then, with what came since the last time, holes included; may be empty.
/// Errors: no_space · io
Status copy_file(int from, int to, const std::function<void(std::uint64_t)>& copied = {});

}  // namespace asterope::storage

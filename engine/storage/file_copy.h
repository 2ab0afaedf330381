#pragma once

#include "engine/core/result.h"

namespace asterope::storage {

/// Makes the empty file `to` equal to `from`: by sharing its blocks where the filesystem can, else by copying what is
/// not a hole. Errors: no_space · io
Status copy_file(int from, int to);

}  // namespace asterope::storage

#pragma once

#include "engine/core/document.h"
#include "engine/core/result.h"

namespace asterope {
class LocalVolume;
}

namespace asterope::command {

/// Checks the store. Shape: "summary", one line of figures; "problems", an array with a line each.
Result<Document> check_document(LocalVolume& volume);

}  // namespace asterope::command

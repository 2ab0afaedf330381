#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace asterope::query {

/// The parse error for the byte at `offset` of `text`; text.size() means its end.
/// Shape: "query: <what>", the line indented by two (cut around the place if it is long), a caret below.
Unexpected syntax_error(std::string_view text, std::size_t offset, std::string_view what);

}  // namespace asterope::query

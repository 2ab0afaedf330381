#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "query/ast.h"

namespace asterope::query {

enum class PathLevel : std::uint8_t {
    top,     ///< directly below /query: whatever is not in the path form is an expression
    deeper,  ///< below another query: an expression is in parentheses, other names may be results
};

/// Parses one directory name of the query tree, still percent-encoded, in either form.
/// Shape:  nullopt (only deeper) = it is neither form: the name of a result. The levels are joined by
/// combine(). Errors: parse (with the line and a caret, as parse_expression) · unsupported (@facet, @tree,
/// @names)
Result<std::optional<Query>> parse_path_component(std::string_view component, PathLevel level);

/// Replaces each %XX by its byte. Errors: parse (not two hexadecimal digits, or %00)
Result<std::string> percent_decode(std::string_view text);

}  // namespace asterope::query

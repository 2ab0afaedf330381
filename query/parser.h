#pragma once

#include <string_view>

#include "engine/core/result.h"
#include "query/ast.h"

namespace asterope::query {

/// Parses the expression form: a predicate and clauses, both optional (an empty text is every file).
/// Errors: parse: "query: expected a value after '>='", the line, a caret below the place
Result<Query> parse_expression(std::string_view text);

/// Parses "(" predicate and clauses ")": what an expression looks like below another query in a path.
/// Errors: parse
Result<Query> parse_parenthesised(std::string_view text);

}  // namespace asterope::query

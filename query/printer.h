#pragma once

#include <string>

#include "query/ast.h"

namespace asterope::query {

/// The expression form of `query`; parse_expression gives the same Query back.
std::string to_string(const Query& query);
std::string to_string(const Predicate& predicate);

}  // namespace asterope::query

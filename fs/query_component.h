#pragma once

#include <memory>
#include <string_view>

#include "engine/core/volume.h"

namespace asterope::fs {

using SharedQuery = std::shared_ptr<const query::Query>;

/// The query that the directory `name` stands for: directly below the query directory (`outer` is nullptr), or one more
/// condition on `outer`.
/// Errors: not_found (below a result directory: `name` is no condition, but may be the name of a result) ·
///         parse (it is meant as a condition and has a mistake; the message shows where)
Result<SharedQuery> query_of_component(const query::Query* outer, std::string_view name);
/// The query of a saved expression. Errors: parse
Result<SharedQuery> query_of_expression(std::string_view text);

}  // namespace asterope::fs

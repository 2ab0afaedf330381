#pragma once

#include <string_view>
#include <vector>

#include "engine/core/timestamp.h"
#include "query/ast.h"
#include "query/encoding.h"
#include "query/typing.h"

/// What each kind of comparison means in terms. Every result is disjoint and ascending.
namespace asterope::query {

using Intervals = std::vector<TermInterval>;

/// `op` is not ne: that is "present, and not eq".
Intervals intervals_of(CompareOp op, const Literal& literal, FieldType declared, Timestamp now);
Intervals intervals_of(const std::vector<Literal>& any_of, FieldType declared, Timestamp now);
Intervals intervals_between(const Literal& low, const Literal& high, FieldType declared, Timestamp now);
/// What a value's primary term must be in for the field alone to hold.
Intervals intervals_of_truth();

}  // namespace asterope::query

#pragma once

#include <vector>

#include "query/bound.h"
#include "query/operators/operator.h"

namespace asterope::query {

/// How to find the files of a predicate: candidates from indexes, and what is left to ask of each.
struct Plan {
    SetOperatorPtr set;                    ///< nullptr: every file is a candidate
    bool complement = false;               ///< the candidates are all files that are not in `set`
    std::vector<const Bound*> residual{};  ///< all must hold as well
};

/// Plans `predicate`. Counts a little in the indexes, reads no documents.
/// Lifetime: `context` and `predicate` must outlive the plan.
Result<Plan> plan(const Context& context, const Bound& predicate);

/// The plan as one operator that gives the files of the predicate and no others.
SetOperatorPtr exact_set(const Context& context, Plan plan);

}  // namespace asterope::query

#pragma once

#include <string>
#include <vector>

#include "query/ast.h"
#include "tests/query/memory_source.h"

/// The language as its reference says it, by brute force: every file is read, every value compared by itself.
/// Shares no code with the engine but the syntax tree and the value types of the core.
namespace asterope::query::testing {

bool reference_holds(const Predicate& predicate, const File& file,
                     const std::map<std::string, FieldType>& declared, Timestamp now);

/// The keys of the results of `query`, in its order.
std::vector<std::string> reference_run(const Query& query, const MemorySource& source, Timestamp now);

}  // namespace asterope::query::testing

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/volume.h"
#include "fs/caller.h"

namespace asterope::fs {

/// Saved queries: directories below /.asterope/saved of the volume itself, with the expression in their field "query".
/// So they are kept, copied and served like everything else of the store, and are never results themselves (results are no directories).
/// Threads: any.
class SavedQueries {
  public:
    explicit SavedQueries(Volume& volume) : volume_(volume) {}

    /// The directory that keeps `name`. Errors: not_found
    Result<Attr> find(std::string_view name);
    Result<std::vector<DirEntry>> list(std::uint64_t cookie, std::size_t count_max);
    /// Errors: exists · invalid (a name that the query directory gives another meaning)
    Result<Attr> create(const Caller& caller, std::string_view name, std::uint32_t mode);
    Status remove(std::string_view name);
    /// The expression of a saved query. Errors: not_found (none was set yet)
    Result<std::string> expression(NodeId stored);

  private:
    Result<NodeId> directory();

    Volume& volume_;
};

/// The field of a saved query's directory that holds its expression.
constexpr std::string_view kExpressionField = "query";

}  // namespace asterope::fs

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "engine/core/ids.h"
#include "engine/core/result.h"
#include "engine/core/timestamp.h"
#include "query/ast.h"
#include "query/index_source.h"

/// Runs queries over one state of a storage.
/// Errors:   interrupted (`stop` was requested) · limit (nested or long beyond limits.h) · whatever the
/// source answers Threads:  one at a time for one source. `now` is the instant that relative dates count
/// from; one for the whole evaluation.
namespace asterope::query {

/// The results of one query, in its order. Only nodes that are not directories.
/// Lifetime: the source must outlive it.
class ResultCursor {
  public:
    virtual ~ResultCursor() = default;
    /// Fills `out` from the front with further results; 0 = end. May give fewer than there is room for before
    /// the end.
    virtual Result<std::size_t> next(std::span<NodeId> out) = 0;
};

Result<std::unique_ptr<ResultCursor>> run(const Query& query, IndexSource& source, std::stop_token stop,
                                          Timestamp now = Timestamp::now());

/// The number of results, limit and offset included.
Result<std::uint64_t> count(const Query& query, IndexSource& source, std::stop_token stop,
                            Timestamp now = Timestamp::now());

/// Runs the query and describes how: one operator a line, inputs indented below, with estimated rows, real
/// rows, time.
Result<std::string> explain(const Query& query, IndexSource& source, std::stop_token stop,
                            Timestamp now = Timestamp::now());

/// Whether `node` is among the results.
Result<bool> matches(const Query& query, IndexSource& source, NodeId node, Timestamp now = Timestamp::now());

}  // namespace asterope::query

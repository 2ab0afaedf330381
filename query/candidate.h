#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/document.h"
#include "query/bound.h"
#include "query/index_source.h"

namespace asterope::query {

/// One file under test. What is asked of it is fetched once, and only then.
/// Errors:   not_found (the node is no file of this state) · whatever the source answers
/// Threads:  one at a time. Lifetime: the source must outlive it.
class Candidate {
  public:
    Candidate(IndexSource& source, NodeId node) : source_(source), node_(node) {}
    NodeId node() const { return node_; }

    /// The terms of a field; empty when the file does not have it.
    Result<std::vector<Term>> terms(const BoundField& field);

  private:
    Result<std::vector<Term>> built_in_terms(BuiltIn field);
    Result<Value> built_in_value(BuiltIn field);
    Result<const Attr*> attr();
    Result<const std::string*> key();

    IndexSource& source_;
    NodeId node_;
    std::optional<Document> document_;
    std::optional<Attr> attr_;
    std::optional<std::string> key_;
};

/// Whether `predicate` holds for `file`.
Result<bool> evaluate(const Bound& predicate, Candidate& file);

/// A byte string that sorts as the file's values of `order` do, one after the other; equal values give equal
/// strings.
Result<std::string> sort_key(const std::vector<BoundOrder>& order, Candidate& file);

}  // namespace asterope::query

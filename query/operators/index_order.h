#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "query/bound.h"
#include "query/operators/operator.h"

namespace asterope::query {

/// The first rows of a sorted query, read off the index of its first sort field: the files of one term after
/// the other, each group in the order of the other sort fields and of the keys; the files without the field
/// before or after them.
///
/// Gives up where the index does not tell the order (a cut term) or where too many terms bring no result:
/// then the rows already given are skipped in what `sorted` makes, which has the same order. Lifetime: the
/// predicate (nullptr: every file) must outlive it.
class IndexOrder : public Operator {
  public:
    using Sorted = std::function<Result<std::unique_ptr<Operator>>()>;

    /// Requires that the first of `order` is an indexed field.
    IndexOrder(const Context& context, const Bound* predicate, std::vector<BoundOrder> order,
               std::uint64_t row_count_max, Sorted sorted);
    Result<std::uint64_t> estimate(std::uint64_t count_max) override;

    static constexpr std::uint64_t kRowsMax = 1000;

  protected:
    Result<std::size_t> do_next(std::span<NodeId> out) override;
    std::string label() const override;
    std::vector<Operator*> inputs() const override;

  private:
    enum class Stage { missing, terms, end };

    Status next_group();
    Status give_up();
    /// The next term of the index that sorts values; nullopt at the end and after giving up.
    Result<std::optional<std::string>> next_term();
    Result<std::optional<std::string>> next_term_in(const TermRange& rest);
    std::optional<TermRange> rest_of(TypeClass type) const;
    Result<std::optional<std::string>> term_of(NodeId node) const;
    bool ahead(const std::string& term) const;
    std::unique_ptr<Operator> in_order(SetOperatorPtr set, bool complement, const Bound* group);

    const BoundOrder& first() const { return order_.front(); }

    const Bound* const predicate_;
    const std::vector<BoundOrder> order_;
    const std::uint64_t row_count_max_;
    const Sorted sorted_;

    Stage stage_;
    std::string
        bound_;  ///< terms from here on (ascending) or before here (descending; empty = all) are to come
    std::size_t terms_seen_ = 0;
    std::unique_ptr<Bound> group_is_;  ///< what the current group's files have in common
    std::unique_ptr<Operator> group_;
    std::unique_ptr<Operator> instead_;  ///< after giving up
    std::unordered_set<NodeId> given_;
};

}  // namespace asterope::query

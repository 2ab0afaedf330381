#include "query/executor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "query/candidate.h"
#include "query/operators/index_order.h"
#include "query/operators/key_order.h"
#include "query/operators/sort.h"
#include "query/operators/window.h"
#include "query/planner.h"

namespace asterope::query {
namespace {

/// One evaluation: what its operators refer to, and the last of them.
class Execution : public ResultCursor {
  public:
    Execution(IndexSource& source, std::stop_token stop) : context_{source, std::move(stop)} {}

    /// Binds and plans `query`. For counting, no order is made.
    Status prepare(const Query& query, Timestamp now, bool ordered) {
        if (query.predicate) predicate_ = ASTEROPE_TRY(bind(*query.predicate, context_.source, now));
        Plan plan;
        if (predicate_) plan = ASTEROPE_TRY(query::plan(context_, *predicate_));
        if (ordered)
            ASTEROPE_TRY_STATUS(order(query, std::move(plan)));
        else
            root_ = exact_set(context_, std::move(plan));
        if (query.limit || query.offset)
            root_ =
                std::make_unique<Window>(context_, std::move(root_), query.limit, query.offset.value_or(0));
        return {};
    }

    Result<std::size_t> next(std::span<NodeId> out) override { return root_->next(out); }

    Result<std::uint64_t> count_rows() {
        std::array<NodeId, kBatch> nodes;
        std::uint64_t total = 0;
        while (const std::size_t count = ASTEROPE_TRY(root_->next(nodes))) total += count;
        return total;
    }

    Operator& root() { return *root_; }

  private:
    Status order(const Query& query, Plan plan) {
        std::vector<BoundOrder> order = ASTEROPE_TRY(bind(query.order, context_.source));
        const auto rows = rows_needed(query);
        if (order.empty()) {
            root_ = in_key_order(std::move(plan), KeyOrder::kSortedCountMax);
        } else if (rows && *rows <= IndexOrder::kRowsMax && order.front().field.id &&
                   ASTEROPE_TRY(index_order_pays(plan, *rows))) {
            auto sorted = [this, order, rows]() -> Result<std::unique_ptr<Operator>> {
                return in_field_order(predicate_ ? ASTEROPE_TRY(query::plan(context_, *predicate_)) : Plan(),
                                      order, rows);
            };
            root_ = std::make_unique<IndexOrder>(context_, predicate(), std::move(order), *rows,
                                                 std::move(sorted));
        } else {
            root_ = in_field_order(std::move(plan), std::move(order), rows);
        }
        return {};
    }

    const Bound* predicate() const { return predicate_ ? &*predicate_ : nullptr; }

    std::unique_ptr<Operator> in_key_order(Plan plan, std::size_t sorted_count_max) {
        std::vector<const Bound*> whole;
        if (predicate_) whole.push_back(predicate());
        return std::make_unique<KeyOrder>(context_, std::move(plan), std::move(whole), sorted_count_max);
    }

    std::unique_ptr<Operator> in_field_order(Plan plan, std::vector<BoundOrder> order,
                                             std::optional<std::uint64_t> rows) {
        // All rows are needed before the first can be given: sort keys as long as that costs less than a walk
        // over all files.
        const std::size_t few =
            std::max<std::size_t>(KeyOrder::kSortedCountMax, context_.source.file_count_estimate() / 16);
        return std::make_unique<Sort>(context_, in_key_order(std::move(plan), few), std::move(order), rows);
    }

    /// Sorting reads a document for each match. The index in order meets about rows * files / matches
    /// candidates, at twice that price.
    Result<bool> index_order_pays(const Plan& plan, std::uint64_t rows) const {
        if (!plan.set || plan.complement) return true;
        const auto files = static_cast<double>(context_.source.file_count_estimate());
        const auto enough =
            static_cast<std::uint64_t>(std::sqrt(2.0 * static_cast<double>(rows) * files)) + 1;
        return ASTEROPE_TRY(plan.set->estimate(enough)) >= enough;
    }

    static std::optional<std::uint64_t> rows_needed(const Query& query) {
        std::uint64_t rows = 0;
        if (!query.limit || __builtin_add_overflow(*query.limit, query.offset.value_or(0), &rows))
            return std::nullopt;
        return rows;
    }

    const Context context_;
    std::optional<Bound> predicate_;
    std::unique_ptr<Operator> root_;
};

Result<std::unique_ptr<Execution>> start(const Query& query, IndexSource& source, std::stop_token stop,
                                         Timestamp now, bool ordered) {
    auto execution = std::make_unique<Execution>(source, std::move(stop));
    ASTEROPE_TRY_STATUS(execution->prepare(query, now, ordered));
    return execution;
}

Result<bool> is_file(IndexSource& source, NodeId node) {
    const auto attr = source.attr(node);
    if (!attr && attr.error().code == Errc::not_found) return false;
    return ASTEROPE_TRY(attr).type != NodeType::directory;
}

}  // namespace

Result<std::unique_ptr<ResultCursor>> run(const Query& query, IndexSource& source, std::stop_token stop,
                                          Timestamp now) {
    return ASTEROPE_TRY(start(query, source, std::move(stop), now, true));
}

Result<std::uint64_t> count(const Query& query, IndexSource& source, std::stop_token stop, Timestamp now) {
    return ASTEROPE_TRY(start(query, source, std::move(stop), now, false))->count_rows();
}

Result<std::string> explain(const Query& query, IndexSource& source, std::stop_token stop, Timestamp now) {
    const auto execution = ASTEROPE_TRY(start(query, source, std::move(stop), now, true));
    ASTEROPE_TRY_STATUS(execution->root().prepare_description());
    (void)ASTEROPE_TRY(execution->count_rows());
    std::string out;
    execution->root().describe(out);
    return out;
}

Result<bool> matches(const Query& query, IndexSource& source, NodeId node, Timestamp now) {
    if (!ASTEROPE_TRY(is_file(source, node))) return false;
    if (!query.limit && !query.offset) {
        if (!query.predicate) return true;
        const Bound predicate = ASTEROPE_TRY(bind(*query.predicate, source, now));
        Candidate file(source, node);
        return evaluate(predicate, file);
    }
    const auto results = ASTEROPE_TRY(run(query, source, {}, now));
    std::array<NodeId, kBatch> nodes;
    while (const std::size_t count = ASTEROPE_TRY(results->next(nodes)))
        if (std::find(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(count), node) !=
            nodes.begin() + static_cast<std::ptrdiff_t>(count))
            return true;
    return false;
}

}  // namespace asterope::query

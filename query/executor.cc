#include "query/executor.h"

#include <algorithm>
#include <array>
#include <utility>

#include "query/candidate.h"
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
            root_ = std::make_unique<Window>(context_, std::move(root_), query.limit, query.offset.value_or(0));
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
        const Bound* const predicate = predicate_ ? &*predicate_ : nullptr;
        std::size_t sorted_count_max = KeyOrder::kSortedCountMax;
        // All rows are needed before the first can be given: sort keys as long as that costs less than a walk over all files.
        if (!query.order.empty())
            sorted_count_max = std::max<std::size_t>(sorted_count_max, context_.source.file_count_estimate() / 16);
        root_ = std::make_unique<KeyOrder>(context_, std::move(plan), predicate, sorted_count_max);
        if (query.order.empty()) return {};
        auto order = ASTEROPE_TRY(bind(query.order, context_.source));
        root_ = std::make_unique<Sort>(context_, std::move(root_), std::move(order), rows_needed(query));
        return {};
    }

    static std::optional<std::uint64_t> rows_needed(const Query& query) {
        std::uint64_t rows = 0;
        if (!query.limit || __builtin_add_overflow(*query.limit, query.offset.value_or(0), &rows)) return std::nullopt;
        return rows;
    }

    const Context context_;
    std::optional<Bound> predicate_;
    std::unique_ptr<Operator> root_;
};

Result<std::unique_ptr<Execution>> start(const Query& query, IndexSource& source, std::stop_token stop, Timestamp now, bool ordered) {
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

Result<std::unique_ptr<ResultCursor>> run(const Query& query, IndexSource& source, std::stop_token stop, Timestamp now) {
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

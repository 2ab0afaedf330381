#include "query/planner.h"

#include <algorithm>
#include <utility>

#include "query/operators/scans.h"
#include "query/operators/sets.h"

namespace asterope::query {
namespace {

/// Sets are ranked by counting up to here; the larger ones are alike.
constexpr std::uint64_t kRankedCountMax = 8192;
/// Fetching a document costs about as much as reading this many postings.
constexpr std::uint64_t kPostingsPerDocument = 32;

Plan all_files_where(const Bound& predicate) {
    return {nullptr, false, {&predicate}};
}
Plan all_of(SetOperatorPtr set) {
    return {std::move(set), false, {}};
}

void append(std::vector<const Bound*>& out, const std::vector<const Bound*>& more) {
    out.insert(out.end(), more.begin(), more.end());
}

/// One operand of an And.
struct Part {
    Plan plan;
    const Bound* predicate;
    std::uint64_t estimate;
};

class Planner {
  public:
    explicit Planner(const Context& context) : context_(context) {}

    Result<Plan> plan(const Bound& predicate) const {
        return std::visit([&](const auto& node) { return plan_node(node, predicate); }, predicate.node);
    }

  private:
    Result<Plan> plan_node(const Leaf& leaf, const Bound& self) const {
        if (leaf.field.built_in) return all_files_where(self);
        if (!leaf.field.id)
            return all_of(std::make_unique<NoFiles>(context_, "no file has " + leaf.field.name));
        std::vector<TermRange> ranges;
        bool one_term = true;
        for (TermRange& range : ranges_of(leaf)) {
            if (ASTEROPE_TRY(context_.source.count(range, 1)) == 0) continue;
            one_term = ranges.empty() && TermInterval{range.begin, range.end}.single();
            ranges.push_back(std::move(range));
        }
        if (ranges.empty()) return all_of(std::make_unique<NoFiles>(context_, leaf.label));
        Plan out;
        if (one_term)
            out.set = std::make_unique<TermScan>(context_, leaf, std::move(ranges.front()));
        else
            out.set = std::make_unique<RangeScan>(context_, leaf, std::move(ranges));
        if (leaf.text) out.residual.push_back(&self);
        return out;
    }

    Result<Plan> plan_node(const BoundNot& n, const Bound& self) const {
        Plan inner = ASTEROPE_TRY(plan(*n.operand));
        if (!inner.set) return all_files_where(self);
        if (inner.residual.empty()) return Plan{std::move(inner.set), !inner.complement, {}};
        if (inner.complement) return all_files_where(self);
        return Plan{exact_set(context_, std::move(inner)), true, {}};
    }

    Result<Plan> plan_node(const BoundOr& o, const Bound& self) const {
        std::vector<SetOperatorPtr> sets;
        for (const Bound& operand : o.operands) {
            Plan one = ASTEROPE_TRY(plan(operand));
            if (!one.set) return all_files_where(self);
            sets.push_back(exact_set(context_, std::move(one)));
        }
        return all_of(std::make_unique<Union>(context_, std::move(sets)));
    }

    Result<Plan> plan_node(const BoundAnd& a, const Bound&) const {
        std::vector<Part> positive, negative;
        std::vector<const Bound*> residual;
        for (const Bound& operand : a.operands) {
            Part part{ASTEROPE_TRY(plan(operand)), &operand, 0};
            if (!part.plan.set) {
                append(residual, part.plan.residual);
                continue;
            }
            part.estimate = ASTEROPE_TRY(part.plan.set->estimate(kRankedCountMax));
            (part.plan.complement ? negative : positive).push_back(std::move(part));
        }
        if (positive.empty()) return without(std::move(negative), std::move(residual));
        std::stable_sort(positive.begin(), positive.end(), [](const Part& x, const Part& y) {
            return std::pair(x.estimate, !x.plan.set->seekable()) <
                   std::pair(y.estimate, !y.plan.set->seekable());
        });
        return intersection(std::move(positive), std::move(negative), std::move(residual));
    }

    /// All files but those of `negative`.
    Plan without(std::vector<Part> negative, std::vector<const Bound*> residual) const {
        if (negative.empty()) return {nullptr, false, std::move(residual)};
        std::vector<SetOperatorPtr> sets;
        for (Part& part : negative) {
            append(residual, part.plan.residual);
            sets.push_back(std::move(part.plan.set));
        }
        SetOperatorPtr set = std::move(sets.front());
        if (sets.size() > 1) {
            sets.front() = std::move(set);
            set = std::make_unique<Union>(context_, std::move(sets));
        }
        return {std::move(set), true, std::move(residual)};
    }

    /// `positive` is sorted: its first set leads, the others are used as sets or, where that costs less, by
    /// document.
    Result<Plan> intersection(std::vector<Part> positive, std::vector<Part> negative,
                              std::vector<const Bound*> residual) const {
        const std::uint64_t lead = positive.front().estimate;
        if (lead == 0) return all_of(std::move(positive.front().plan.set));
        std::vector<SetOperatorPtr> sets;
        for (Part& part : positive) {
            const bool leads = &part == &positive.front();
            if (leads || ASTEROPE_TRY(pays_as_set(part, lead))) {
                append(residual, part.plan.residual);
                sets.push_back(std::move(part.plan.set));
            } else {
                residual.push_back(part.predicate);
            }
        }
        SetOperatorPtr set = std::move(sets.front());
        if (sets.size() > 1) {
            sets.front() = std::move(set);
            set = std::make_unique<Intersect>(context_, std::move(sets));
        }
        for (Part& part : negative) {
            if (part.plan.residual.empty() && ASTEROPE_TRY(pays_as_set(part, lead)))
                set = std::make_unique<Difference>(context_, std::move(set), std::move(part.plan.set));
            else
                residual.push_back(part.predicate);
        }
        return Plan{std::move(set), false, std::move(residual)};
    }

    Result<bool> pays_as_set(const Part& part, std::uint64_t lead) const {
        if (part.plan.set->seekable() || lead >= kRankedCountMax) return true;
        const std::uint64_t worth = lead * kPostingsPerDocument;
        if (part.estimate > worth) return false;
        return ASTEROPE_TRY(part.plan.set->estimate(worth + 1)) <= worth;
    }

    const Context& context_;
};

}  // namespace

Result<Plan> plan(const Context& context, const Bound& predicate) {
    return Planner(context).plan(predicate);
}

SetOperatorPtr exact_set(const Context& context, Plan plan) {
    SetOperatorPtr set = std::move(plan.set);
    if (!set)
        set = std::make_unique<AllFiles>(context);
    else if (plan.complement)
        set = std::make_unique<Difference>(context, std::make_unique<AllFiles>(context), std::move(set));
    if (!plan.residual.empty())
        set = std::make_unique<Filter>(context, std::move(set), std::move(plan.residual));
    return set;
}

}  // namespace asterope::query

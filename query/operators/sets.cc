#include "query/operators/sets.h"

#include <algorithm>
#include <array>

#include "query/candidate.h"

namespace asterope::query {
namespace {

std::vector<Operator*> pointers(const std::vector<SetOperatorPtr>& sets) {
    std::vector<Operator*> out;
    for (const auto& set : sets) out.push_back(set.get());
    return out;
}

}  // namespace

Intersect::Intersect(const Context& context, std::vector<SetOperatorPtr> sets)
    : SetOperator(context), sets_(std::move(sets)) {
    for (std::size_t i = 1; i < sets_.size(); ++i) others_.emplace_back(*sets_[i]);
}

Result<std::uint64_t> Intersect::estimate(std::uint64_t count_max) {
    std::uint64_t least = count_max;
    for (const auto& set : sets_) least = std::min(least, ASTEROPE_TRY(set->estimate(least)));
    return least;
}

bool Intersect::seekable() const {
    return std::all_of(sets_.begin(), sets_.end(), [](const SetOperatorPtr& set) { return set->seekable(); });
}

std::vector<Operator*> Intersect::inputs() const {
    return pointers(sets_);
}

/// What the other inputs leave of a block of the first. Where one leaves nothing, the first goes on at its place.
Result<std::size_t> Intersect::keep_common(std::span<NodeId> block) {
    for (SetReader& other : others_) {
        block = block.first(ASTEROPE_TRY(other.keep(block)));
        if (!block.empty()) continue;
        if (const auto next = other.position()) ASTEROPE_TRY_STATUS(sets_.front()->skip_to(*next));
        break;
    }
    return block.size();
}

Result<std::size_t> Intersect::do_next(std::span<NodeId> out) {
    while (const std::size_t count = ASTEROPE_TRY(sets_.front()->next(out)))
        if (const std::size_t kept = ASTEROPE_TRY(keep_common(out.first(count)))) return kept;
    return 0;
}

Result<std::uint64_t> Union::estimate(std::uint64_t count_max) {
    std::uint64_t total = 0;
    for (const auto& set : sets_) {
        if (total >= count_max) break;
        total += ASTEROPE_TRY(set->estimate(count_max - total));
    }
    return total;
}

Status Union::collect(NodeSet& into) {
    std::array<NodeId, kBatch> nodes;
    for (const auto& set : sets_) {
        while (const std::size_t count = ASTEROPE_TRY(set->next(nodes))) into.add(std::span(nodes).first(count));
    }
    return {};
}

std::vector<Operator*> Union::inputs() const {
    return pointers(sets_);
}

Difference::Difference(const Context& context, SetOperatorPtr from, SetOperatorPtr without)
    : SetOperator(context), from_(std::move(from)), without_(std::move(without)), excluded_(*without_) {}

Result<std::size_t> Difference::do_next(std::span<NodeId> out) {
    while (const std::size_t count = ASTEROPE_TRY(from_->next(out)))
        if (const std::size_t kept = ASTEROPE_TRY(excluded_.drop(out.first(count)))) return kept;
    return 0;
}

Result<bool> holds(const Context& context, const std::vector<const Bound*>& predicates, NodeId node) {
    Candidate file(context.source, node);
    for (const Bound* predicate : predicates) {
        const auto held = evaluate(*predicate, file);
        if (!held && held.error().code == Errc::not_found) return false;
        if (!ASTEROPE_TRY(held)) return false;
    }
    return true;
}

std::string label_of(const std::vector<const Bound*>& predicates) {
    std::string out;
    for (const Bound* predicate : predicates) {
        const bool in_parentheses = predicates.size() > 1 && std::holds_alternative<BoundOr>(predicate->node);
        out.append(out.empty() ? "" : " and ")
            .append(in_parentheses ? "(" + label_of(*predicate) + ")" : label_of(*predicate));
    }
    return out;
}

Result<std::size_t> Filter::do_next(std::span<NodeId> out) {
    while (const std::size_t count = ASTEROPE_TRY(set_->next(out))) {
        std::size_t kept = 0;
        for (const NodeId node : out.first(count)) {
            ASTEROPE_TRY_STATUS(context().check());
            if (ASTEROPE_TRY(holds(context(), predicates_, node))) out[kept++] = node;
        }
        if (kept != 0) return kept;
    }
    return 0;
}

std::string Filter::label() const {
    return "filter " + label_of(predicates_);
}

}  // namespace asterope::query

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
    for (const auto& set : sets_) readers_.emplace_back(*set);
}

Result<std::uint64_t> Intersect::estimate(std::uint64_t count_max) {
    std::uint64_t least = count_max;
    for (const auto& set : sets_) least = std::min(least, ASTEROPE_TRY(set->estimate(least)));
    return least;
}

Status Intersect::skip_to(NodeId node) {
    from_ = std::max(from_, node);
    return {};
}

bool Intersect::seekable() const {
    return std::all_of(sets_.begin(), sets_.end(), [](const SetOperatorPtr& set) { return set->seekable(); });
}

std::vector<Operator*> Intersect::inputs() const {
    return pointers(sets_);
}

/// The first node >= from_ of all inputs: each in turn moves up to the highest met so far, until all agree.
Result<std::optional<NodeId>> Intersect::next_common() {
    std::size_t agreeing = 0;
    for (std::size_t i = 0; agreeing < readers_.size(); i = (i + 1) % readers_.size()) {
        if (i == 0) ASTEROPE_TRY_STATUS(context().check());
        const auto node = ASTEROPE_TRY(readers_[i].seek(from_));
        if (!node) return std::nullopt;
        agreeing = *node == from_ ? agreeing + 1 : 1;
        from_ = *node;
    }
    return from_;
}

Result<std::size_t> Intersect::do_next(std::span<NodeId> out) {
    std::size_t count = 0;
    while (count < out.size()) {
        const auto node = ASTEROPE_TRY(next_common());
        if (!node) break;
        out[count++] = *node;
        from_ = NodeId{raw(*node) + 1};
    }
    return count;
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
        while (const std::size_t count = ASTEROPE_TRY(set->next(nodes)))
            for (const NodeId node : std::span(nodes).first(count)) into.add(node);
    }
    return {};
}

std::vector<Operator*> Union::inputs() const {
    return pointers(sets_);
}

Difference::Difference(const Context& context, SetOperatorPtr from, SetOperatorPtr without)
    : SetOperator(context), from_(std::move(from)), without_(std::move(without)), excluded_(*without_) {}

Result<std::size_t> Difference::do_next(std::span<NodeId> out) {
    while (const std::size_t count = ASTEROPE_TRY(from_->next(out))) {
        std::size_t kept = 0;
        for (const NodeId node : out.first(count)) {
            const auto excluded = ASTEROPE_TRY(excluded_.seek(node));
            if (excluded != node) out[kept++] = node;
        }
        if (kept != 0) return kept;
    }
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

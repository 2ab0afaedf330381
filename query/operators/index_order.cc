#include "query/operators/index_order.h"

#include <algorithm>
#include <utility>

#include "query/candidate.h"
#include "query/operators/key_order.h"
#include "query/operators/scans.h"
#include "query/operators/sets.h"
#include "query/operators/sort.h"
#include "query/operators/window.h"

namespace asterope::query {
namespace {

/// After so many terms the sort is likely to be the shorter way.
constexpr std::size_t kTermsMax = 20'000;

Leaf leaf_of(const BoundField& field, TermInterval interval) {
    return Leaf{.field = field, .intervals = {std::move(interval)}, .label = field.name};
}

}  // namespace

IndexOrder::IndexOrder(const Context& context, const Bound* predicate, std::vector<BoundOrder> order,
                       std::uint64_t row_count_max, Sorted sorted)
    : Operator(context),
      predicate_(predicate),
      order_(std::move(order)),
      row_count_max_(row_count_max),
      sorted_(std::move(sorted)),
      stage_(first().descending ? Stage::terms : Stage::missing) {}

Result<std::uint64_t> IndexOrder::estimate(std::uint64_t count_max) {
    return std::min({row_count_max_, count_max, source().file_count_estimate()});
}

std::string IndexOrder::label() const {
    std::string out = "index order by " + first().field.name + (first().descending ? " desc" : "");
    if (predicate_ != nullptr) out += ", filter " + label_of(*predicate_);
    return instead_ ? out + ", given up" : out;
}

std::vector<Operator*> IndexOrder::inputs() const {
    if (!instead_) return {};
    return {instead_.get()};
}

Status IndexOrder::give_up() {
    instead_ = std::make_unique<Window>(context(), ASTEROPE_TRY(sorted_()), std::nullopt, given_.size());
    return {};
}

bool IndexOrder::ahead(const std::string& term) const {
    if (first().descending) return bound_.empty() || term < bound_;
    return term >= bound_;
}

Result<std::optional<std::string>> IndexOrder::term_of(NodeId node) const {
    Candidate file(source(), node);
    std::optional<std::string> best;
    for (Term& term : ASTEROPE_TRY(file.terms(first().field))) {
        if (!term.primary || !ahead(term.bytes)) continue;
        if (!best || (first().descending ? term.bytes > *best : term.bytes < *best))
            best = std::move(term.bytes);
    }
    return best;
}

/// What is to come of one class of terms; nullopt when nothing is.
std::optional<TermRange> IndexOrder::rest_of(TypeClass type) const {
    const TermInterval all = whole_class(type);
    TermRange rest{*first().field.id, all.begin, all.end};
    if (first().descending && !bound_.empty())
        rest.end = std::min(rest.end, bound_);
    else if (!first().descending)
        rest.begin = std::max(rest.begin, bound_);
    if (rest.begin >= rest.end) return std::nullopt;
    return rest;
}

/// Classes that have second readings only are left out: they may be long. (Dates are texts, too.)
Result<std::optional<std::string>> IndexOrder::next_term() {
    if (++terms_seen_ > kTermsMax) {
        ASTEROPE_TRY_STATUS(give_up());
        return std::nullopt;
    }
    for (std::size_t i = 0; i < kTypeClasses.size() && !instead_; ++i) {
        const TypeClass type = kTypeClasses[first().descending ? kTypeClasses.size() - 1 - i : i];
        if ((first().field.primary_classes & only_class(type)) == 0) continue;
        const auto rest = rest_of(type);
        if (!rest) continue;
        if (auto term = ASTEROPE_TRY(next_term_in(*rest))) return term;
    }
    return std::nullopt;
}

Result<std::optional<std::string>> IndexOrder::next_term_in(const TermRange& rest) {
    const auto cursor =
        ASTEROPE_TRY(source().scan(rest, first().descending ? Direction::descending : Direction::ascending));
    std::vector<Posting> postings(4);
    while (const std::size_t count = ASTEROPE_TRY(cursor->next(postings))) {
        ASTEROPE_TRY_STATUS(context().check());
        for (const Posting& posting : std::span(postings).first(count)) {
            if (!posting.primary && !posting.cut) continue;
            auto term = posting.cut ? std::nullopt : ASTEROPE_TRY(term_of(posting.node));
            if (!term) ASTEROPE_TRY_STATUS(give_up());
            return term;
        }
        postings.resize(std::min(postings.size() * 2, kBatch));
    }
    return std::nullopt;
}

/// The files of a group that fulfil the predicate, in the order that is left.
std::unique_ptr<Operator> IndexOrder::in_order(SetOperatorPtr set, bool complement, const Bound* group) {
    Plan plan{std::move(set), complement, {}};
    std::vector<const Bound*> whole{group};
    if (predicate_ != nullptr) {
        plan.residual.push_back(predicate_);
        whole.push_back(predicate_);
    }
    std::unique_ptr<Operator> out =
        std::make_unique<KeyOrder>(context(), std::move(plan), std::move(whole), KeyOrder::kSortedCountMax);
    if (order_.size() == 1) return out;
    std::vector<BoundOrder> others(order_.begin() + 1, order_.end());
    return std::make_unique<Sort>(context(), std::move(out), std::move(others), row_count_max_);
}

Status IndexOrder::next_group() {
    const bool down = first().descending;
    if (stage_ == Stage::missing) {
        auto present = std::make_unique<Bound>(Bound{leaf_of(first().field, {})});
        const Leaf& leaf = std::get<Leaf>(present->node);
        auto set = std::make_unique<RangeScan>(context(), leaf, ranges_of(leaf));
        group_is_ = std::make_unique<Bound>(Bound{BoundNot{std::move(present)}});
        group_ = in_order(std::move(set), true, group_is_.get());
        stage_ = down ? Stage::end : Stage::terms;
        return {};
    }
    const auto term = ASTEROPE_TRY(next_term());
    if (!term) {
        stage_ = down ? Stage::missing : Stage::end;
        return {};
    }
    bound_ = down ? *term : after(*term);
    const TermInterval interval = only(*term);
    group_is_ = std::make_unique<Bound>(Bound{leaf_of(first().field, interval)});
    Leaf& leaf = std::get<Leaf>(group_is_->node);
    leaf.primary_only = true;
    group_ = in_order(std::make_unique<TermScan>(context(), leaf,
                                                 TermRange{*first().field.id, interval.begin, interval.end}),
                      false, group_is_.get());
    return {};
}

Result<std::size_t> IndexOrder::do_next(std::span<NodeId> out) {
    while (given_.size() < row_count_max_) {
        if (instead_) return instead_->next(out);
        if (!group_) {
            if (stage_ == Stage::end) return 0;
            ASTEROPE_TRY_STATUS(next_group());
            continue;
        }
        const std::size_t room =
            static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), row_count_max_ - given_.size()));
        const std::size_t count = ASTEROPE_TRY(group_->next(out.first(room)));
        if (count == 0) group_.reset();
        // A file with an array is in several groups: the first of them is its place.
        std::size_t kept = 0;
        for (const NodeId node : out.first(count))
            if (given_.insert(node).second) out[kept++] = node;
        if (kept != 0) return kept;
    }
    return 0;
}

}  // namespace asterope::query

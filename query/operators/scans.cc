#include "query/operators/scans.h"

#include <algorithm>
#include <array>

#include "query/candidate.h"

namespace asterope::query {
namespace {

/// Whether a posting whose term the index has cut stands for a match of `leaf`: the document decides.
Result<bool> cut_posting_counts(const Context& context, const Leaf& leaf, NodeId node) {
    Candidate file(context.source, node);
    const auto terms = file.terms(leaf.field);
    if (!terms && terms.error().code == Errc::not_found) return false;
    return leaf.holds(ASTEROPE_TRY(terms));
}

/// Puts the nodes of the postings that stand for a match of `leaf` into `out`; returns how many. A leaf with a text test is
/// tested by a filter above.
Result<std::size_t> matches_of(const Context& context, const Leaf& leaf, std::span<const Posting> postings,
                               std::span<NodeId> out) {
    const bool decides = !leaf.whole_field() && !leaf.text;
    std::size_t kept = 0;
    for (const Posting& posting : postings) {
        out[kept] = posting.node;
        if (posting.cut && decides)
            kept += ASTEROPE_TRY(cut_posting_counts(context, leaf, posting.node));
        else
            kept += posting.primary || !leaf.primary_only;
    }
    return kept;
}

}  // namespace

Status AllFiles::skip_to(NodeId node) {
    from_ = std::max(from_, node);
    return {};
}

Result<std::size_t> AllFiles::do_next(std::span<NodeId> out) {
    if (!cursor_) cursor_ = source().files_by_node();
    for (;;) {
        ASTEROPE_TRY_STATUS(context().check());
        const std::size_t count = ASTEROPE_TRY(cursor_->next(out));
        if (count == 0) return 0;
        const auto end = std::remove_if(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count),
                                        [this](NodeId node) { return node < from_; });
        if (end != out.begin()) return static_cast<std::size_t>(end - out.begin());
    }
}

Status TermScan::open() {
    if (!cursor_) cursor_ = ASTEROPE_TRY(source().scan(range_, Direction::ascending));
    return {};
}

Status TermScan::skip_to(NodeId node) {
    ASTEROPE_TRY_STATUS(open());
    return cursor_->skip_to(node);
}

Result<std::size_t> TermScan::do_next(std::span<NodeId> out) {
    ASTEROPE_TRY_STATUS(open());
    std::array<Posting, kBatch> postings;
    const auto wanted = std::span(postings).first(std::min(postings.size(), out.size()));
    while (const std::size_t count = ASTEROPE_TRY(cursor_->next(wanted))) {
        ASTEROPE_TRY_STATUS(context().check());
        if (const std::size_t kept = ASTEROPE_TRY(matches_of(context(), leaf_, wanted.first(count), out))) return kept;
    }
    return 0;
}

Status CollectedSet::skip_to(NodeId node) {
    from_ = std::max(from_, raw(node));
    return {};
}

Result<std::size_t> CollectedSet::do_next(std::span<NodeId> out) {
    if (!collected_) {
        ASTEROPE_TRY_STATUS(collect(set_));
        set_.seal();
        collected_ = true;
    }
    const std::size_t count = set_.read(NodeId{from_}, out);
    if (count != 0) from_ = raw(out[count - 1]) + 1;
    return count;
}

std::vector<TermRange> ranges_of(const Leaf& leaf) {
    std::vector<TermRange> ranges;
    if (!leaf.whole_field()) {
        for (const TermInterval& interval : leaf.intervals)
            ranges.push_back({*leaf.field.id, interval.begin, interval.end});
        return ranges;
    }
    for (const TypeClass type : kTypeClasses) {
        if ((leaf.field.primary_classes & only_class(type)) == 0) continue;
        const TermInterval all = whole_class(type);
        ranges.push_back({*leaf.field.id, all.begin, all.end});
    }
    return ranges;
}

Result<std::uint64_t> RangeScan::estimate(std::uint64_t count_max) {
    std::uint64_t total = 0;
    for (const TermRange& range : ranges_) {
        if (total >= count_max) break;
        total += ASTEROPE_TRY(source().count(range, count_max - total));
    }
    return total;
}

Status RangeScan::collect(NodeSet& into) {
    std::array<Posting, kBatch> postings;
    std::array<NodeId, kBatch> nodes;
    for (const TermRange& range : ranges_) {
        const auto cursor = ASTEROPE_TRY(source().scan(range, Direction::ascending));
        while (const std::size_t count = ASTEROPE_TRY(cursor->next(postings))) {
            ASTEROPE_TRY_STATUS(context().check());
            const auto found = std::span(postings).first(count);
            into.add(std::span(nodes).first(ASTEROPE_TRY(matches_of(context(), leaf_, found, nodes))));
        }
    }
    return {};
}

std::string RangeScan::label() const {
    const std::string ranges = ranges_.size() == 1 ? "range " : std::to_string(ranges_.size()) + " ranges ";
    return ranges + leaf_.label;
}

}  // namespace asterope::query

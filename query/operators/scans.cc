#include "query/operators/scans.h"

#include <algorithm>
#include <array>

#include "query/candidate.h"

namespace asterope::query {
namespace {

/// Whether a posting of a range of `leaf` stands for a match of it. A leaf with a text test is tested by a
/// filter above.
Result<bool> counts(const Context& context, const Leaf& leaf, const Posting& posting) {
    if (posting.cut && !leaf.whole_field() && !leaf.text) {
        Candidate file(context.source, posting.node);
        const auto terms = file.terms(leaf.field);
        if (!terms && terms.error().code == Errc::not_found) return false;
        return leaf.holds(ASTEROPE_TRY(terms));
    }
    return posting.primary || !leaf.primary_only;
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
    for (;;) {
        ASTEROPE_TRY_STATUS(context().check());
        const std::size_t wanted = std::min(postings.size(), out.size());
        const std::size_t count = ASTEROPE_TRY(cursor_->next(std::span(postings).first(wanted)));
        if (count == 0) return 0;
        std::size_t kept = 0;
        for (const Posting& posting : std::span(postings).first(count))
            if (ASTEROPE_TRY(counts(context(), leaf_, posting))) out[kept++] = posting.node;
        if (kept != 0) return kept;
    }
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
    for (const TermRange& range : ranges_) {
        const auto cursor = ASTEROPE_TRY(source().scan(range, Direction::ascending));
        for (;;) {
            ASTEROPE_TRY_STATUS(context().check());
            const std::size_t count = ASTEROPE_TRY(cursor->next(postings));
            if (count == 0) break;
            for (const Posting& posting : std::span(postings).first(count))
                if (ASTEROPE_TRY(counts(context(), leaf_, posting))) into.add(posting.node);
        }
    }
    return {};
}

std::string RangeScan::label() const {
    const std::string ranges = ranges_.size() == 1 ? "range " : std::to_string(ranges_.size()) + " ranges ";
    return ranges + leaf_.label;
}

}  // namespace asterope::query

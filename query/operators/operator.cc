#include "query/operators/operator.h"

#include <algorithm>
#include <cstdio>

namespace asterope::query {
namespace {

constexpr std::uint64_t kDescribedEstimateMax = 100'000;

std::string milliseconds(std::chrono::nanoseconds time) {
    std::string text(32, '\0');
    text.resize(static_cast<std::size_t>(
        std::snprintf(text.data(), text.size(), "%.3f ms", static_cast<double>(time.count()) / 1e6)));
    return text;
}

}  // namespace

Result<std::size_t> Operator::next(std::span<NodeId> out) {
    ASTEROPE_TRY_STATUS(context_.check());
    const auto begin = std::chrono::steady_clock::now();
    auto count = do_next(out);
    time_ += std::chrono::steady_clock::now() - begin;
    if (count) rows_ += *count;
    return count;
}

Status Operator::prepare_description() {
    estimated_ = ASTEROPE_TRY(estimate(kDescribedEstimateMax));
    for (Operator* input : inputs()) ASTEROPE_TRY_STATUS(input->prepare_description());
    return {};
}

void Operator::describe(std::string& out, std::size_t indent) const {
    const bool capped = estimated_ >= kDescribedEstimateMax;
    out.append(indent, ' ').append(label()).append("  (estimated ").append(capped ? ">=" : "<=");
    out.append(std::to_string(std::min(estimated_, kDescribedEstimateMax)));
    out.append(", rows ")
        .append(std::to_string(rows_))
        .append(", ")
        .append(milliseconds(time_))
        .append(")\n");
    for (const Operator* input : inputs()) input->describe(out, indent + 2);
}

Status SetReader::refill(NodeId from) {
    constexpr std::size_t kSmallBatch = 8;
    const bool dense = hits_ * 4 >= rows_.size() && !rows_.empty();
    const std::size_t batch = dense ? std::min(rows_.size() * 2, kBatch) : kSmallBatch;
    ASTEROPE_TRY_STATUS(set_.skip_to(from));
    rows_.resize(batch);
    rows_.resize(ASTEROPE_TRY(set_.next(rows_)));
    at_ = hits_ = 0;
    end_ = rows_.empty();
    return {};
}

template <bool kKeep>
Result<std::size_t> SetReader::sieve(std::span<NodeId> block) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < block.size();) {
        if (at_ == rows_.size() && !end_) ASTEROPE_TRY_STATUS(refill(block[i]));
        if (end_) {
            while (!kKeep && i < block.size()) block[kept++] = block[i++];
            break;
        }
        const std::size_t before = i;
        // Without branches: which of two sets has the next node cannot be foreseen.
        while (i < block.size() && at_ < rows_.size()) {
            const NodeId node = block[i], row = rows_[at_];
            block[kept] = node;
            kept += kKeep ? node == row : node < row;
            i += node <= row;
            at_ += row <= node;
        }
        hits_ += i - before;
    }
    return kept;
}

template Result<std::size_t> SetReader::sieve<true>(std::span<NodeId>);
template Result<std::size_t> SetReader::sieve<false>(std::span<NodeId>);

}  // namespace asterope::query

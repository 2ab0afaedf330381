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

Result<std::optional<NodeId>> SetReader::seek(NodeId node) {
    for (;;) {
        while (at_ < rows_.size() && rows_[at_] < node) ++at_;
        if (at_ < rows_.size()) {
            ++hits_;
            return rows_[at_];
        }
        if (end_) return std::nullopt;
        ASTEROPE_TRY_STATUS(refill(node));
    }
}

}  // namespace asterope::query

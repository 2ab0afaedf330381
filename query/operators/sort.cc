#include "query/operators/sort.h"

#include <algorithm>
#include <array>

#include "query/candidate.h"

namespace asterope::query {

Sort::Sort(const Context& context, std::unique_ptr<Operator> input, std::vector<BoundOrder> order,
           std::optional<std::uint64_t> count_max)
    : Operator(context), input_(std::move(input)), order_(std::move(order)), count_max_(count_max) {}

std::string Sort::label() const {
    std::string keys;
    for (const BoundOrder& by : order_)
        keys.append(keys.empty() ? "" : ", ").append(by.field.name).append(by.descending ? " desc" : "");
    return "sort by " + keys + (count_max_ ? ", first " + std::to_string(*count_max_) : "");
}

Status Sort::add(NodeId node) {
    constexpr std::size_t kSpareRows = 1024;
    Candidate file(source(), node);
    auto key = sort_key(order_, file);
    if (!key && key.error().code == Errc::not_found) return {};
    Row row{ASTEROPE_TRY(std::move(key)), place_++, node};
    if (last_kept_ && *last_kept_ < row) return {};
    rows_.push_back(std::move(row));
    if (count_max_ && rows_.size() / 2 >= *count_max_ && rows_.size() >= *count_max_ + kSpareRows)
        drop_beyond_count();
    return {};
}

void Sort::drop_beyond_count() {
    if (*count_max_ == 0) return rows_.clear();
    const auto last = rows_.begin() + static_cast<std::ptrdiff_t>(*count_max_ - 1);
    std::nth_element(rows_.begin(), last, rows_.end());
    last_kept_ = *last;
    rows_.erase(last + 1, rows_.end());
}

Status Sort::sort() {
    std::array<NodeId, kBatch> nodes;
    while (const std::size_t count = ASTEROPE_TRY(input_->next(nodes))) {
        for (const NodeId node : std::span(nodes).first(count)) {
            ASTEROPE_TRY_STATUS(context().check());
            ASTEROPE_TRY_STATUS(add(node));
        }
    }
    std::sort(rows_.begin(), rows_.end());
    sorted_ = true;
    return {};
}

Result<std::size_t> Sort::do_next(std::span<NodeId> out) {
    if (!sorted_) ASTEROPE_TRY_STATUS(sort());
    const std::size_t end = count_max_ ? std::min<std::uint64_t>(rows_.size(), *count_max_) : rows_.size();
    std::size_t count = 0;
    while (count < out.size() && given_ < end) out[count++] = rows_[given_++].node;
    return count;
}

}  // namespace asterope::query

#include "query/node_set.h"

#include <algorithm>
#include <bit>

namespace asterope::query {

void NodeSet::seal() {
    size_ = nodes_.size();
    if (nodes_.empty()) return;
    const auto [least, greatest] = std::minmax_element(nodes_.begin(), nodes_.end());
    base_ = *least & ~std::uint64_t{63};
    const std::uint64_t words = (*greatest - base_) / 64 + 1;
    if (words > nodes_.size()) {
        std::sort(nodes_.begin(), nodes_.end());
        nodes_.erase(std::unique(nodes_.begin(), nodes_.end()), nodes_.end());
        size_ = nodes_.size();
        return;
    }
    bits_.assign(words, 0);
    for (const std::uint64_t node : nodes_) bits_[(node - base_) / 64] |= std::uint64_t{1} << (node % 64);
    size_ = 0;
    for (const std::uint64_t word : bits_) size_ += static_cast<std::size_t>(std::popcount(word));
    nodes_ = {};
}

bool NodeSet::contains(NodeId node) const {
    const std::uint64_t n = raw(node);
    if (bits_.empty()) return std::binary_search(nodes_.begin(), nodes_.end(), n);
    if (n < base_ || (n - base_) / 64 >= bits_.size()) return false;
    return (bits_[(n - base_) / 64] >> (n % 64) & 1) != 0;
}

std::size_t NodeSet::read(NodeId from, std::span<NodeId> out) const {
    if (!bits_.empty()) return read_bits(raw(from), out);
    std::size_t count = 0;
    for (auto at = std::lower_bound(nodes_.begin(), nodes_.end(), raw(from));
         at != nodes_.end() && count < out.size(); ++at)
        out[count++] = NodeId{*at};
    return count;
}

std::size_t NodeSet::read_bits(std::uint64_t from, std::span<NodeId> out) const {
    std::size_t count = 0;
    from = std::max(from, base_);
    std::uint64_t mask = ~std::uint64_t{0} << (from % 64);
    for (std::uint64_t w = (from - base_) / 64; w < bits_.size() && count < out.size();
         ++w, mask = ~std::uint64_t{0})
        for (std::uint64_t word = bits_[w] & mask; word != 0 && count < out.size(); word &= word - 1)
            out[count++] = NodeId{base_ + 64 * w + static_cast<std::uint64_t>(std::countr_zero(word))};
    return count;
}

}  // namespace asterope::query

#include "query/node_set.h"

#include <algorithm>
#include <bit>

namespace asterope::query {

void NodeSet::add(std::span<const NodeId> nodes) {
    nodes_.insert(nodes_.end(), nodes.begin(), nodes.end());
    if (nodes_.size() >= compact_at_) compact();
}

/// Chooses the smaller form, and puts all nodes into it.
void NodeSet::compact() {
    if (nodes_.empty()) return;
    const auto [low, high] = std::minmax_element(nodes_.begin(), nodes_.end());
    std::uint64_t least = raw(*low), greatest = raw(*high);
    if (!bits_.empty()) {
        least = std::min(least, base_);
        greatest = std::max(greatest, base_ + 64 * bits_.size() - 1);
    }
    if ((greatest - least) / 64 < nodes_.size() + bits_.size()) return to_bits(least, greatest);
    to_array();
    compact_at_ = std::max(kCompactAt, 2 * nodes_.size());
}

void NodeSet::to_bits(std::uint64_t least, std::uint64_t greatest) {
    const std::uint64_t base = least & ~std::uint64_t{63};
    if (!bits_.empty()) bits_.insert(bits_.begin(), (base_ - base) / 64, 0);
    base_ = base;
    bits_.resize((greatest - base) / 64 + 1);
    for (const NodeId node : nodes_) bits_[(raw(node) - base) / 64] |= std::uint64_t{1} << (raw(node) % 64);
    nodes_.clear();
    compact_at_ = kCompactAt;
}

void NodeSet::to_array() {
    for (std::size_t w = 0; w < bits_.size(); ++w)
        for (std::uint64_t word = bits_[w]; word != 0; word &= word - 1)
            nodes_.push_back(NodeId{base_ + 64 * w + static_cast<std::uint64_t>(std::countr_zero(word))});
    bits_ = {};
    std::sort(nodes_.begin(), nodes_.end());
    nodes_.erase(std::unique(nodes_.begin(), nodes_.end()), nodes_.end());
}

void NodeSet::seal() {
    compact();
    size_ = nodes_.size();
    for (const std::uint64_t word : bits_) size_ += static_cast<std::size_t>(std::popcount(word));
    if (nodes_.empty()) nodes_ = {};
}

bool NodeSet::contains(NodeId node) const {
    if (bits_.empty()) return std::binary_search(nodes_.begin(), nodes_.end(), node);
    const std::uint64_t n = raw(node);
    if (n < base_ || (n - base_) / 64 >= bits_.size()) return false;
    return (bits_[(n - base_) / 64] >> (n % 64) & 1) != 0;
}

std::size_t NodeSet::read(NodeId from, std::span<NodeId> out) const {
    if (!bits_.empty()) return read_bits(raw(from), out);
    const auto at = std::lower_bound(nodes_.begin(), nodes_.end(), from);
    const std::size_t count = std::min(out.size(), static_cast<std::size_t>(nodes_.end() - at));
    std::copy_n(at, count, out.begin());
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

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/ids.h"

namespace asterope::query {

/// A set of nodes, collected in any order, then read: a bitmap where that is smaller, else a sorted array.
/// Takes one bit for each number between the least node and the greatest, or 8 bytes for each node, whichever is less
/// (and up to 8 MiB while it is collected).
class NodeSet {
  public:
    void add(std::span<const NodeId> nodes);
    /// Ends the collecting. Nothing else may be called before.
    void seal();

    std::size_t size() const { return size_; }
    bool contains(NodeId node) const;
    /// Fills `out` with the members from `from` on, ascending; returns how many.
    std::size_t read(NodeId from, std::span<NodeId> out) const;

  private:
    void compact();
    void to_bits(std::uint64_t least, std::uint64_t greatest);
    void to_array();
    std::size_t read_bits(std::uint64_t from, std::span<NodeId> out) const;

    std::vector<NodeId> nodes_;        ///< collected and not in the bitmap yet; after seal() empty when there is one
    std::vector<std::uint64_t> bits_;  ///< bit i of word w: the node base_ + 64 w + i
    std::uint64_t base_ = 0;
    std::size_t compact_at_ = kCompactAt;
    std::size_t size_ = 0;

    static constexpr std::size_t kCompactAt = std::size_t{1} << 20;
};

}  // namespace asterope::query

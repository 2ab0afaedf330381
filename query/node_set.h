#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/ids.h"

namespace asterope::query {

/// A set of nodes, collected in any order, then read: a bitmap where that is smaller, else a sorted array.
class NodeSet {
  public:
    void add(NodeId node) { nodes_.push_back(raw(node)); }
    /// Ends the collecting. Nothing else may be called before.
    void seal();

    std::size_t size() const { return size_; }
    bool contains(NodeId node) const;
    /// Fills `out` with the members from `from` on, ascending; returns how many.
    std::size_t read(NodeId from, std::span<NodeId> out) const;

  private:
    std::size_t read_bits(std::uint64_t from, std::span<NodeId> out) const;

    std::vector<std::uint64_t> nodes_;  ///< empty when the bitmap is used
    std::vector<std::uint64_t> bits_;   ///< bit i of word w: the node base_ + 64 w + i
    std::uint64_t base_ = 0;
    std::size_t size_ = 0;
};

}  // namespace asterope::query

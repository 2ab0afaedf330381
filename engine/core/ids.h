#pragma once

#include <compare>
#include <cstdint>

namespace asterope {

/// A node: what POSIX calls an inode. Never reused within a store.
enum class NodeId : std::uint64_t {};
/// A position in the order of all committed operations of a store. 0 = before the first.
enum class Sequence : std::uint64_t {};
/// A blob file. Never reused within a store. 0 = none.
enum class BlobId : std::uint64_t {};

constexpr NodeId kRootNode{1};

template <class Id>
constexpr std::uint64_t raw(Id id) {
    return static_cast<std::uint64_t>(id);
}

}  // namespace asterope

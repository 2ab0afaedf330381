#pragma once

#include <concepts>
#include <tuple>
#include <type_traits>

#include "engine/core/volume.h"

/// The members of the core's structs that travel, each in the order in which it is encoded: an array of that length.
/// One list serves both directions.
namespace asterope::wire {

template <class T, class Plain>
concept Is = std::same_as<std::remove_const_t<T>, Plain>;

auto members(Is<Attr> auto& v) {
    return std::tie(v.node, v.type, v.mode, v.uid, v.gid, v.nlink, v.rdev, v.size, v.blocks, v.atime, v.mtime, v.ctime,
                    v.btime, v.version);
}
auto members(Is<AttrChange> auto& v) {
    return std::tie(v.mode, v.uid, v.gid, v.size, v.atime, v.mtime, v.ctime);
}
auto members(Is<VolumeInfo> auto& v) {
    return std::tie(v.uuid, v.description);
}
auto members(Is<SpaceInfo> auto& v) {
    return std::tie(v.total_bytes, v.free_bytes, v.available_bytes, v.node_count, v.free_node_count, v.field_count);
}
auto members(Is<DirEntry> auto& v) {
    return std::tie(v.name, v.node, v.type, v.cookie);
}
auto members(Is<Link> auto& v) {
    return std::tie(v.parent, v.name);
}
auto members(Is<NewNode> auto& v) {
    return std::tie(v.type, v.mode, v.uid, v.gid, v.rdev, v.target, v.document);
}
auto members(Is<OpenOptions> auto& v) {
    return std::tie(v.mode, v.truncate);
}
auto members(Is<FieldChange> auto& v) {
    return std::tie(v.name, v.value);
}
auto members(Is<Hit> auto& v) {
    return std::tie(v.node, v.type, v.key, v.document);
}
auto members(Is<Change> auto& v) {
    return std::tie(v.sequence, v.kind, v.node, v.at, v.from, v.inherited);
}
auto members(Is<TransactionOptions> auto& v) {
    return std::tie(v.isolation, v.durability, v.idle_limit);
}
auto members(Is<SnapshotInfo> auto& v) {
    return std::tie(v.name, v.created);
}

/// The largest valid number of an enumeration; identifiers have all.
template <class E>
constexpr std::uint64_t kEnumMax = UINT64_MAX;
template <>
inline constexpr std::uint64_t kEnumMax<NodeType> = static_cast<std::uint64_t>(NodeType::block_device);
template <>
inline constexpr std::uint64_t kEnumMax<RenameMode> = static_cast<std::uint64_t>(RenameMode::exchange);
template <>
inline constexpr std::uint64_t kEnumMax<OpenMode> = static_cast<std::uint64_t>(OpenMode::read_write);
template <>
inline constexpr std::uint64_t kEnumMax<Durability> = static_cast<std::uint64_t>(Durability::sync);
template <>
inline constexpr std::uint64_t kEnumMax<SetMode> = static_cast<std::uint64_t>(SetMode::replace);
template <>
inline constexpr std::uint64_t kEnumMax<ChangeKind> = static_cast<std::uint64_t>(ChangeKind::attributes);
template <>
inline constexpr std::uint64_t kEnumMax<Isolation> = static_cast<std::uint64_t>(Isolation::serializable);

}  // namespace asterope::wire

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/attr.h"
#include "engine/core/ids.h"
#include "engine/core/limits.h"

/// The plain values that requests and replies are made of. No kernel types here.
namespace asterope::fs {

/// Nodes of the query tree have numbers of their own: no node of a volume has this bit (it counts up from 1).
constexpr std::uint64_t kQueryNodeBit = std::uint64_t{1} << 63;
constexpr bool is_query_node(NodeId node) {
    return (raw(node) & kQueryNodeBit) != 0;
}

/// What LOOKUP and its like answer. Units: seconds that the kernel may use the answer without asking again.
struct Entry {
    Attr attr;
    double entry_seconds = 0;
    double attr_seconds = 0;
};

struct AttrReply {
    Attr attr;
    double attr_seconds = 0;
};

/// A change of attributes as SETATTR asks for it; what is empty stays.
using SetAttr = AttrChange;

/// An open file or directory.
enum class HandleId : std::uint64_t {};
constexpr std::uint64_t raw_handle(HandleId handle) {
    return static_cast<std::uint64_t>(handle);
}

/// How an open file is to be treated by the kernel.
struct Opened {
    HandleId handle{};
    bool direct_io = false;  ///< no page cache: the size is not known before it is read
    bool no_flush = false;   ///< close needs no FLUSH: nothing can have been written
};

struct Created {
    Entry entry;
    Opened opened;
};

/// One entry of a listing as READDIR answers it.
struct DirRecord {
    std::string name;
    NodeId node{};
    NodeType type = NodeType::file;
    std::uint64_t next = 0;      ///< the offset to go on from after this entry
    std::optional<Entry> entry;  ///< only where READDIRPLUS asked and the kernel may keep it
};

}  // namespace asterope::fs

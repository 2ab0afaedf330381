#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/attr.h"
#include "engine/core/ids.h"
#include "engine/core/limits.h"

/// The plain values that requests and replies are made of. No kernel types here.
namespace asterope::fs {

/// How nodes are numbered towards the kernel. A node has a number for each view that shows it.
///
///     number = query:1 view:15 own:48                     -- from the highest bit down
///     query  = whether it belongs to a query tree: those nodes are counted apart from the volume's
///     view   = 0 the volume of the mount, 1 the directories that hold the others (ViewTree), else such a view
///
/// Handles of open files and directories have the view in the same place.
constexpr std::uint64_t kQueryNodeBit = std::uint64_t{1} << 63;
constexpr bool is_query_node(NodeId node) {
    return (raw(node) & kQueryNodeBit) != 0;
}

/// An open file or directory.
enum class HandleId : std::uint64_t {};
constexpr std::uint64_t raw_handle(HandleId handle) {
    return static_cast<std::uint64_t>(handle);
}

enum class ViewId : std::uint16_t {};
constexpr ViewId kMainView{0}, kViewTree{1};
constexpr std::uint64_t kViewBits = 15, kOwnBits = 48;
constexpr std::uint64_t kViewMask = ((std::uint64_t{1} << kViewBits) - 1) << kOwnBits;

/// `id` is a NodeId or a HandleId.
template <class Id>
constexpr ViewId view_of(Id id) {
    return ViewId{static_cast<std::uint16_t>((static_cast<std::uint64_t>(id) & kViewMask) >> kOwnBits)};
}
/// The number within the view.
template <class Id>
constexpr Id own(Id id) {
    return Id{static_cast<std::uint64_t>(id) & ~kViewMask};
}
template <class Id>
constexpr Id in_view(ViewId view, Id own) {
    return Id{static_cast<std::uint64_t>(own) | static_cast<std::uint64_t>(view) << kOwnBits};
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

/// How an open file is to be treated by the kernel.
struct Opened {
    HandleId handle{};
    bool direct_io = false;   ///< no page cache: the size is not known before it is read
    bool keep_cache = false;  ///< the pages that the kernel has of the file are its content
    bool no_flush = false;    ///< close needs no FLUSH: nothing can have been written
    std::optional<std::uint32_t> backing_id{};  ///< the file that the kernel is to use without asking; then it keeps no pages of ours
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

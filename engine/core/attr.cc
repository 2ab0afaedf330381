#include "engine/core/attr.h"

#include <array>

namespace asterope {
namespace {

struct Row {
    std::uint32_t mode;
    const char* name;
};
// In the order of NodeType.
constexpr std::array<Row, 7> kRows{{{S_IFREG, "file"},
                                    {S_IFDIR, "dir"},
                                    {S_IFLNK, "symlink"},
                                    {S_IFIFO, "fifo"},
                                    {S_IFSOCK, "socket"},
                                    {S_IFCHR, "char"},
                                    {S_IFBLK, "block"}}};

}  // namespace

std::uint32_t mode_bits(NodeType type) { return kRows[static_cast<std::size_t>(type)].mode; }
const char* name_of(NodeType type) { return kRows[static_cast<std::size_t>(type)].name; }

std::optional<NodeType> type_of_mode(std::uint32_t mode) {
    for (std::size_t i = 0; i < kRows.size(); ++i)
        if ((mode & S_IFMT) == kRows[i].mode) return static_cast<NodeType>(i);
    return std::nullopt;
}

}  // namespace asterope

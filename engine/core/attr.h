#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>

#include "engine/core/ids.h"
#include "engine/core/timestamp.h"

namespace asterope {

enum class NodeType : std::uint8_t { file, directory, symlink, fifo, socket, char_device, block_device };

/// What stat shows of a node.
/// Units: size in bytes; blocks of 512 bytes; mode has the permission bits and suid/sgid/sticky (07777) without the type.
struct Attr {
    NodeId node{};
    NodeType type = NodeType::file;
    std::uint32_t mode = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t nlink = 1;
    std::uint32_t rdev = 0;      ///< of devices, as in struct stat's low 32 bits
    std::uint64_t size = 0;
    std::uint64_t blocks = 0;
    Timestamp atime, mtime, ctime, btime;
    std::uint64_t version = 0;   ///< grows with every change of content, document or attributes of the node

    bool operator==(const Attr&) const = default;
};

/// A change of attributes; what is empty stays as it is. ctime becomes now unless given.
struct AttrChange {
    std::optional<std::uint32_t> mode, uid, gid;
    std::optional<std::uint64_t> size;
    std::optional<Timestamp> atime, mtime, ctime;
};

/// S_IFREG and so on for `type`.
std::uint32_t mode_bits(NodeType type);
/// The type of a mode with S_IFMT bits; nullopt if they name none.
std::optional<NodeType> type_of_mode(std::uint32_t mode);
/// "file", "dir", "symlink", "fifo", "socket", "char", "block": the values of sys.type.
const char* name_of(NodeType type);

}  // namespace asterope

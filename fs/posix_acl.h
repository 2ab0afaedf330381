#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/volume.h"
#include "fs/caller.h"

namespace asterope::fs {

constexpr std::string_view kAccessAcl = "system.posix_acl_access";
constexpr std::string_view kDefaultAcl = "system.posix_acl_default";

/// An access control list, as the kernel writes it into an extended attribute. The kernel checks accesses by it; that it agrees
/// with the mode bits, and that new files inherit it, is up to us.
/// Source: acl(5); Linux include/uapi/linux/posix_acl_xattr.h, fs/posix_acl.c.
class PosixAcl {
  public:
    /// Errors: invalid
    static Result<PosixAcl> parse(std::string_view attribute);
    std::string to_attribute() const;

    /// Whether the mode bits say all that this list says.
    bool is_minimal() const;
    /// The permission bits (0777) that stat shows for a file with this list.
    std::uint32_t mode() const;
    /// chmod: the entries that the mode bits stand for follow them.
    void set_mode(std::uint32_t mode);
    /// A file created with `mode` inherits this list: takes from the list what `mode` does not grant, and returns the file's mode.
    std::uint32_t restrict_to(std::uint32_t mode);
    /// Whether `caller` has all of `wanted` (4 read, 2 write, 1 search) on a file of `owner` and `group`.
    bool allows(const Caller& caller, std::uint32_t owner, std::uint32_t group, std::uint32_t wanted) const;

  private:
    enum Tag : std::uint16_t { user_obj = 1, user = 2, group_obj = 4, group = 8, mask = 16, other = 32 };
    struct Entry {
        std::uint16_t tag = 0;
        std::uint16_t perm = 0;
        std::uint32_t id = 0;
    };
    Entry* find(Tag tag);
    const Entry* find(Tag tag) const { return const_cast<PosixAcl*>(this)->find(tag); }
    /// The entry that the group bits of the mode stand for.
    Entry* group_class() { return find(mask) != nullptr ? find(mask) : find(group_obj); }

    std::vector<Entry> entries_;
};

/// The list that `node` has under `name`; nullopt: none. Errors: invalid (what is stored is no list)
Result<std::optional<PosixAcl>> stored_acl(Volume& volume, NodeId node, std::string_view name);

}  // namespace asterope::fs

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/volume.h"
#include "fs/caller.h"

namespace asterope::fs {

/// The metadata of real nodes as extended attributes: user.FIELD are the fields of the document, byte for byte;
/// user.asterope.NAME are answered by name and never listed; all other namespaces are stored as they come.
/// Errors:   those of Linux's own filesystems: no_attribute · exists · value_too_large (E2BIG) · buffer_too_small (ERANGE: a name too long)
///           · no_space (the list of names would pass 64 KiB) · invalid (a virtual attribute's text does not parse)
/// Threads:  any.
class Xattrs {
  public:
    explicit Xattrs(Volume& volume) : volume_(volume) {}

    Result<std::string> get(NodeId node, std::string_view name);
    /// trusted.* only for root.
    Result<std::vector<std::string>> list(const Caller& caller, NodeId node);
    /// `flags`: 0, XATTR_CREATE or XATTR_REPLACE.
    /// Setting an access control list sets the mode bits too.
    Status set(const Caller& caller, NodeId node, std::string_view name, std::string_view value, int flags);
    Status remove(NodeId node, std::string_view name);

  private:
    Result<std::string> get_virtual(NodeId node, std::string_view name);
    Status set_virtual(NodeId node, std::string_view name, std::string_view value, SetMode mode);
    Status replace_document(NodeId node, const Document& document);
    Status set_access_acl(const Caller& caller, NodeId node, std::string_view value, SetMode mode);
    Status check_room(NodeId node, std::string_view name);

    Volume& volume_;
};

/// The mode of setxattr's flags. Errors: invalid
Result<SetMode> set_mode_of(int flags);

}  // namespace asterope::fs

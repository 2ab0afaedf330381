#pragma once

#include <string>
#include <string_view>

#include "engine/core/volume.h"
#include "fs/caller.h"
#include "fs/open_files.h"
#include "fs/options.h"
#include "fs/types.h"

namespace asterope::fs {

/// The attribute that holds a file's capabilities (capabilities(7)).
constexpr std::string_view kCapabilityAttribute = "security.capability";
/// What a file that is changed can still do as somebody else.
enum class Privileges : std::uint8_t { none, some_kept };

/// The normal tree: names and attributes of real nodes. Permission bits are checked by the kernel (default_permissions);
/// what POSIX asks beyond them (inheriting a group, losing suid) is done here.
/// Errors:   not_permitted for the names that belong to the mount, besides those of Volume.
/// Threads:  any.
class Tree {
  public:
    Tree(Volume& volume, const OpenFiles& files, const Options& options)
        : volume_(volume), files_(files), options_(options) {}

    Result<Entry> lookup(NodeId dir, std::string_view name);
    Result<AttrReply> getattr(NodeId node);
    /// `open` is the file that ftruncate names, if any.
    Result<AttrReply> setattr(const Caller& caller, NodeId node, SetAttr change, OpenFile* open);
    /// mknod, mkdir, symlink and the first half of create. `what.mode` without type bits; the umask is applied here, unless the
    /// directory has a default access control list, which takes its place.
    Result<Entry> make(const Caller& caller, NodeId dir, std::string_view name, NewNode what);
    Status unlink(NodeId dir, std::string_view name);
    Status rmdir(NodeId dir, std::string_view name);
    /// `flags` as of renameat2. Errors: invalid (an unknown flag)
    Status rename(const Link& from, const Link& to, unsigned flags);
    Result<Entry> link(NodeId node, NodeId dir, std::string_view name);

    /// The reply for attributes that the volume gave: with what open files have not committed yet.
    Entry entry(const Attr& attr) const;
    /// Takes file capabilities from a file whose content `caller` changes, and suid and sgid unless it may keep them.
    Result<Privileges> drop_privileges(const Caller& caller, NodeId node);

  private:
    Result<Attr> create(const Caller& caller, NodeId dir, std::string_view name, NewNode& what);
    Status follow_mode(NodeId node, std::uint32_t mode);
    Status drop_capabilities(NodeId node);
    Status check_name(NodeId dir, std::string_view name) const;

    Volume& volume_;
    const OpenFiles& files_;
    const Options& options_;
};

}  // namespace asterope::fs

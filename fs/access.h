#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/core/volume.h"
#include "fs/caller.h"

namespace asterope::fs {

/// What one caller may reach by path. Results of a query are shown past the directories that they lie in, so the kernel does not
/// check those: this does. Root may reach everything.
/// Directories that were looked at once are remembered: make one for each listing.
/// Threads:  one at a time.
class AccessCheck {
  public:
    AccessCheck(Volume& volume, const Caller& caller)
        : volume_(volume), caller_(caller.with_known_groups()) {}

    bool everything() const { return caller_.is_root(); }
    /// The file at `key`, if the caller has search permission on every directory above it.
    /// Errors: not_found · not_dir · permission
    Result<Attr> resolve(std::string_view key);
    /// Whether the caller may search every directory above `key`. False also when one is not there.
    bool can_reach(std::string_view key);
    /// Whether mode bits and access control list of `attr`'s node let the caller read.
    bool may_read(const Attr& attr) { return allows(attr, 4); }

  private:
    struct Directory {
        NodeId node{};
        bool searchable = false;
    };
    Result<Directory> enter(const Directory* parent, std::string_view path);
    Result<Directory> directory(std::string_view path);
    bool allows(const Attr& attr, std::uint32_t wanted);

    Volume& volume_;
    const Caller caller_;                              ///< with groups that are read once
    std::unordered_map<std::string, Directory> seen_;  ///< by path
};

}  // namespace asterope::fs

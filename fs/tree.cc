#include "fs/tree.h"

#include <linux/fs.h>
#include <sys/stat.h>

#include "engine/core/origin.h"
#include "engine/core/suid.h"
#include "fs/posix_acl.h"

namespace asterope::fs {
namespace {

Result<RenameMode> rename_mode(unsigned flags) {
    switch (flags) {
        case 0:
            return RenameMode::replace;
        case RENAME_NOREPLACE:
            return RenameMode::no_replace;
        case RENAME_EXCHANGE:
            return RenameMode::exchange;
        default:
            return fail(Errc::invalid);
    }
}

}  // namespace

Entry Tree::entry(const Attr& attr) const {
    return {files_.current(attr), options_.cache_seconds, options_.cache_seconds};
}

Status Tree::check_name(NodeId dir, std::string_view name) const {
    if (is_reserved(options_, dir, name)) return fail(Errc::not_permitted);
    return {};
}

Result<Entry> Tree::lookup(NodeId dir, std::string_view name) {
    if (is_hidden(dir, name)) return fail(Errc::not_found);
    return entry(ASTEROPE_TRY(volume_.lookup(dir, name)));
}

Result<AttrReply> Tree::getattr(NodeId node) {
    return AttrReply{ASTEROPE_TRY(files_.getattr(node)), options_.cache_seconds};
}

Result<AttrReply> Tree::setattr(const Caller& caller, NodeId node, SetAttr change, OpenFile* open) {
    const bool chown = change.uid || change.gid;
    if (change.size)
        ASTEROPE_TRY(drop_privileges(caller, node));
    else if (chown)
        ASTEROPE_TRY_STATUS(drop_capabilities(node));
    const bool chmod_sgid = change.mode && (*change.mode & S_ISGID) != 0 && !caller.is_root();
    if (chown || chmod_sgid) {
        const Attr old = ASTEROPE_TRY(files_.getattr(node));
        const std::uint32_t mode = change.mode.value_or(old.mode);
        if (chown && old.type != NodeType::directory && without_suid(mode) != mode)
            change.mode = without_suid(mode);
        if (chmod_sgid && !caller.in_group(change.gid.value_or(old.gid)))
            *change.mode &= ~std::uint32_t{S_ISGID};
    }
    if (change.size && open != nullptr) {
        ASTEROPE_TRY_STATUS(open->file->truncate(*change.size));
        change.size.reset();
    }
    const bool more = change.mode || chown || change.size || change.atime || change.mtime || change.ctime;
    if (change.mode) ASTEROPE_TRY_STATUS(follow_mode(node, *change.mode));
    if (more) ASTEROPE_TRY(volume_.setattr(node, change));
    return getattr(node);
}

/// chmod of a node with an access control list.
Status Tree::follow_mode(NodeId node, std::uint32_t mode) {
    auto acl = ASTEROPE_TRY(stored_acl(volume_, node, kAccessAcl));
    if (!acl) return {};
    acl->set_mode(mode);
    return volume_.set_attribute(node, kAccessAcl, acl->to_attribute(), SetMode::any);
}

/// Creates with the mode, and the access control list, that the directory's default list gives.
Result<Attr> Tree::create(const Caller& caller, NodeId dir, std::string_view name, NewNode& what) {
    if (what.type == NodeType::symlink) return volume_.create(dir, name, what);
    const auto inherited = ASTEROPE_TRY(stored_acl(volume_, dir, kDefaultAcl));
    if (!inherited) {
        what.mode &= ~caller.umask;
        return volume_.create(dir, name, what);
    }
    PosixAcl acl = *inherited;
    what.mode = acl.restrict_to(what.mode);
    const Attr made = ASTEROPE_TRY(volume_.create(dir, name, what));
    const auto give = [&](std::string_view attribute, const PosixAcl& list) {
        return volume_.set_attribute(made.node, attribute, list.to_attribute(), SetMode::any);
    };
    if (!acl.is_minimal()) ASTEROPE_TRY_STATUS(give(kAccessAcl, acl));
    if (what.type == NodeType::directory) ASTEROPE_TRY_STATUS(give(kDefaultAcl, *inherited));
    return volume_.getattr(made.node);
}

Result<Entry> Tree::make(const Caller& caller, NodeId dir, std::string_view name, NewNode what) {
    ASTEROPE_TRY_STATUS(check_name(dir, name));
    const Attr parent = ASTEROPE_TRY(volume_.getattr(dir));
    what.uid = caller.uid;
    what.gid = caller.gid;
    if ((parent.mode & S_ISGID) != 0) {
        what.gid = parent.gid;
        if (what.type == NodeType::directory) what.mode |= S_ISGID;
    }
    return entry(ASTEROPE_TRY(create(caller, dir, name, what)));
}

Status Tree::unlink(NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(dir, name));
    return volume_.unlink(dir, name);
}

Status Tree::rmdir(NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(dir, name));
    return volume_.rmdir(dir, name);
}

Status Tree::rename(const Link& from, const Link& to, unsigned flags) {
    ASTEROPE_TRY_STATUS(check_name(from.parent, from.name));
    ASTEROPE_TRY_STATUS(check_name(to.parent, to.name));
    return volume_.rename(from, to, ASTEROPE_TRY(rename_mode(flags)));
}

Result<Entry> Tree::link(NodeId node, NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(dir, name));
    return entry(ASTEROPE_TRY(volume_.link(node, dir, name)));
}

Result<Privileges> Tree::drop_privileges(const Caller& caller, NodeId node) {
    ASTEROPE_TRY_STATUS(drop_capabilities(node));
    const Attr attr = ASTEROPE_TRY(volume_.getattr(node));
    if (without_suid(attr.mode) == attr.mode) return Privileges::none;
    if (caller.keeps_suid) return Privileges::some_kept;
    AttrChange change;
    change.mode = without_suid(attr.mode);
    const OriginScope as(Origin::unknown);  // the kernel must hear of the new mode
    ASTEROPE_TRY(volume_.setattr(node, change));
    return Privileges::none;
}

Status Tree::drop_capabilities(NodeId node) {
    const auto found = volume_.attribute(node, kCapabilityAttribute);
    if (!found) return found.error().code == Errc::no_attribute ? Status() : Unexpected(found.error());
    return volume_.remove_attribute(node, kCapabilityAttribute);
}

}  // namespace asterope::fs

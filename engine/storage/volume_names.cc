#include "engine/core/path.h"
#include "engine/storage/names.h"
#include "engine/storage/store_volume.h"

namespace asterope::storage {

Result<Attr> StoreVolume::lookup(NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    const auto now = rooms_.scope.now();
    const View view(*now);
    const auto dentry = view.dentry(dir, name);
    if (dentry) return getattr(dentry->node);
    if (dentry.error().code != Errc::not_found) return Unexpected(dentry.error());
    if (ASTEROPE_TRY(view.node(dir)).attr.type != NodeType::directory) return fail(Errc::not_dir);
    return Unexpected(dentry.error());
}

Result<Attr> StoreVolume::getattr(NodeId node) {
    // In this order: what its last user commits is in the state that is taken after he has left.
    if (const auto content = open_nodes_.find(node)) return content->getattr();
    const auto now = rooms_.scope.now();
    return ASTEROPE_TRY(View(*now).node(node)).attr;
}

Result<Attr> StoreVolume::setattr(NodeId node, const AttrChange& change) {
    if (change.size) ASTEROPE_TRY(set_size(node, *change.size));
    // What was written before this call must not overwrite the times that it sets.
    if (const auto content = open_nodes_.find(node)) ASTEROPE_TRY_STATUS(content->commit(false));
    return rooms_.scope.apply([=](Edit& edit) -> Result<Attr> {
        Attr& attr = ASTEROPE_TRY(edit.node(node))->attr;
        if (change.mode) attr.mode = *change.mode & 07777;
        if (change.uid) attr.uid = *change.uid;
        if (change.gid) attr.gid = *change.gid;
        if (change.atime) attr.atime = *change.atime;
        if (change.mtime) attr.mtime = *change.mtime;
        attr.ctime = change.ctime.value_or(edit.now());
        ++attr.version;
        edit.record(ChangeKind::attributes, node);
        return attr;
    });
}

Result<Attr> StoreVolume::set_size(NodeId node, std::uint64_t size) {
    const auto file = ASTEROPE_TRY(open(node, {.mode = OpenMode::read_write, .truncate = size == 0}));
    if (size != 0) ASTEROPE_TRY_STATUS(file->truncate(size));
    ASTEROPE_TRY_STATUS(file->commit(Durability::none));
    return file->getattr();
}

Result<Attr> StoreVolume::create(NodeId dir, std::string_view name, const NewNode& what) {
    ASTEROPE_TRY_STATUS(check_name(name));
    const NodeId node{ASTEROPE_TRY(rooms_.scope.next_id())};
    const std::uint64_t cookie = ASTEROPE_TRY(rooms_.scope.next_id());
    return rooms_.scope.apply([=, name = std::string(name)](Edit& edit) {
        return create_node(edit, dir, name, what, node, cookie);
    });
}

Status StoreVolume::unlink(NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    return rooms_.scope.run([dir, name = std::string(name)](Edit& edit) {
        edit.batch().may_use_reserve();
        return unlink_name(edit, dir, name);
    });
}

Status StoreVolume::rmdir(NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    return rooms_.scope.run([dir, name = std::string(name)](Edit& edit) {
        edit.batch().may_use_reserve();
        return remove_directory(edit, dir, name);
    });
}

Status StoreVolume::rename(const Link& from, const Link& to, RenameMode mode) {
    ASTEROPE_TRY_STATUS(check_name(from.name));
    ASTEROPE_TRY_STATUS(check_name(to.name));
    const std::uint64_t cookie = ASTEROPE_TRY(rooms_.scope.next_id());
    return rooms_.scope.run([=, on_replace = on_replace_](Edit& edit) {
        return rename_node(edit, from, to, mode, on_replace, cookie);
    });
}

Result<Attr> StoreVolume::link(NodeId node, NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    const std::uint64_t cookie = ASTEROPE_TRY(rooms_.scope.next_id());
    ASTEROPE_TRY(rooms_.scope.apply([=, name = std::string(name)](Edit& edit) {
        return add_link(edit, node, dir, name, cookie);
    }));
    return getattr(node);
}

Result<std::string> StoreVolume::readlink(NodeId node) {
    const auto now = rooms_.scope.now();
    const View view(*now);
    if (ASTEROPE_TRY(view.node(node)).attr.type != NodeType::symlink) return fail(Errc::invalid, "not a symbolic link");
    return view.inline_content(node);
}

Result<std::vector<DirEntry>> StoreVolume::list(NodeId dir, std::uint64_t cookie, std::size_t count_max) {
    const auto now = rooms_.scope.now();
    const View view(*now);
    if (ASTEROPE_TRY(view.node(dir)).attr.type != NodeType::directory) return fail(Errc::not_dir);
    return view.list(dir, cookie, count_max);
}

Result<Link> StoreVolume::first_link(NodeId node) {
    const auto now = rooms_.scope.now();
    const NodeRecord record = ASTEROPE_TRY(View(*now).node(node));
    if (record.attr.nlink == 0) return fail(Errc::stale, "the file has no name any more");
    return record.first_link;
}

}  // namespace asterope::storage

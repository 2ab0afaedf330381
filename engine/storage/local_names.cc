#include "engine/core/path.h"
#include "engine/storage/local_volume.h"

namespace asterope {

using namespace storage;

Result<Attr> LocalVolume::lookup(NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    const auto now = store_->snapshot();
    const auto dentry = View(*now).dentry(dir, name);
    if (dentry) return getattr(dentry->node);
    if (dentry.error().code != Errc::not_found) return Unexpected(dentry.error());
    if (ASTEROPE_TRY(View(*now).node(dir)).attr.type != NodeType::directory) return fail(Errc::not_dir);
    return Unexpected(dentry.error());
}

Result<Attr> LocalVolume::getattr(NodeId node) {
    const auto now = store_->snapshot();
    Attr attr = ASTEROPE_TRY(View(*now).node(node)).attr;
    if (attr.type == NodeType::file)
        if (const auto content = open_nodes_->find(node)) content->overlay(attr);
    return attr;
}

Result<Attr> LocalVolume::setattr(NodeId node, const AttrChange& change) {
    if (change.size) ASTEROPE_TRY(set_size(node, *change.size));
    // What was written before this call must not overwrite the times that it sets.
    if (const auto content = open_nodes_->find(node)) ASTEROPE_TRY_STATUS(content->commit(false));
    Attr after;
    ASTEROPE_TRY(writer_->apply([&](Edit& edit) -> Status {
        Attr& attr = ASTEROPE_TRY(edit.node(node))->attr;
        if (change.mode) attr.mode = *change.mode & 07777;
        if (change.uid) attr.uid = *change.uid;
        if (change.gid) attr.gid = *change.gid;
        if (change.atime) attr.atime = *change.atime;
        if (change.mtime) attr.mtime = *change.mtime;
        attr.ctime = change.ctime.value_or(edit.now());
        ++attr.version;
        edit.record(ChangeKind::attributes, node);
        after = attr;
        return {};
    }));
    return after;
}

Result<Attr> LocalVolume::set_size(NodeId node, std::uint64_t size) {
    const auto file = ASTEROPE_TRY(open(node, {.mode = OpenMode::read_write, .truncate = size == 0}));
    if (size != 0) ASTEROPE_TRY_STATUS(file->truncate(size));
    ASTEROPE_TRY_STATUS(file->commit(Durability::none));
    return file->getattr();
}

Result<Attr> LocalVolume::create(NodeId dir, std::string_view name, const NewNode& what) {
    ASTEROPE_TRY_STATUS(check_name(name));
    Attr created;
    ASTEROPE_TRY(writer_->apply([&](Edit& edit) -> Status {
        created = ASTEROPE_TRY(create_node(edit, dir, name, what));
        return {};
    }));
    return created;
}

Status LocalVolume::unlink(NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    ASTEROPE_TRY(writer_->apply([&](Edit& edit) {
        edit.batch().may_use_reserve();
        return unlink_name(edit, dir, name, is_open_);
    }));
    return {};
}

Status LocalVolume::rmdir(NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    ASTEROPE_TRY(writer_->apply([&](Edit& edit) {
        edit.batch().may_use_reserve();
        return remove_directory(edit, dir, name);
    }));
    return {};
}

Status LocalVolume::rename(const Link& from, const Link& to, RenameMode mode) {
    ASTEROPE_TRY_STATUS(check_name(from.name));
    ASTEROPE_TRY_STATUS(check_name(to.name));
    ASTEROPE_TRY(writer_->apply(
        [&](Edit& edit) { return rename_node(edit, from, to, mode, options_.on_replace, is_open_); }));
    return {};
}

Result<Attr> LocalVolume::link(NodeId node, NodeId dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    ASTEROPE_TRY(writer_->apply([&](Edit& edit) -> Status {
        ASTEROPE_TRY(add_link(edit, node, dir, name));
        return {};
    }));
    return getattr(node);
}

Result<std::string> LocalVolume::readlink(NodeId node) {
    const auto now = store_->snapshot();
    const View view(*now);
    if (ASTEROPE_TRY(view.node(node)).attr.type != NodeType::symlink) return fail(Errc::invalid, "not a symbolic link");
    return view.inline_content(node);
}

Result<std::vector<DirEntry>> LocalVolume::list(NodeId dir, std::uint64_t cookie, std::size_t count_max) {
    const auto now = store_->snapshot();
    const View view(*now);
    if (ASTEROPE_TRY(view.node(dir)).attr.type != NodeType::directory) return fail(Errc::not_dir);
    return view.list(dir, cookie, count_max);
}

Result<Link> LocalVolume::first_link(NodeId node) {
    const auto now = store_->snapshot();
    const NodeRecord record = ASTEROPE_TRY(View(*now).node(node));
    if (record.attr.nlink == 0) return fail(Errc::stale, "the file has no name any more");
    return record.first_link;
}

}  // namespace asterope

#include "engine/storage/names.h"

#include "engine/core/limits.h"

namespace asterope::storage {

using kv::Table;

namespace {

constexpr std::uint64_t kDirectoryBytes = 4096;   ///< what stat shows as a directory's size
constexpr std::int64_t kInheritWindowSeconds = 60;  ///< how new a file must be to take over the document of the one it replaces

Status require_free(const Edit& edit, NodeId dir, std::string_view name) {
    const auto taken = edit.view().dentry(dir, name);
    if (taken) return fail(Errc::exists);
    return taken.error().code == Errc::not_found ? Status{} : Status(Unexpected(taken.error()));
}

/// The old place of a node is gone, `to` is its new one.
Status move_link(Edit& edit, NodeRecord& record, const Link& from, const Link& to) {
    if (record.first_link == from) record.first_link = to;
    if (record.attr.nlink < 2 || record.attr.type == NodeType::directory) return {};
    edit.batch().erase(Table::links, link_key(record.attr.node, from.parent, from.name));
    edit.batch().put(Table::links, link_key(record.attr.node, to.parent, to.name), "");
    return {};
}

/// Takes one name from a node that is no directory; removes the node with its last one.
Status drop_link(Edit& edit, NodeRecord& record, const Link& link) {
    const NodeId node = record.attr.node;
    record.attr.ctime = edit.now();
    ++record.attr.version;
    if (record.attr.nlink > 1) {
        edit.batch().erase(Table::links, link_key(node, link.parent, link.name));
        std::vector<Link> left = ASTEROPE_TRY(edit.view().links(node));
        std::erase(left, link);
        if (left.empty()) return fail(Errc::corrupt, "names of node " + std::to_string(raw(node)) + " are missing");
        if (record.first_link == link) record.first_link = left.front();
        if (--record.attr.nlink == 1)
            edit.batch().erase(Table::links, link_key(node, left.front().parent, left.front().name));
        return {};
    }
    record.attr.nlink = 0;
    if (!edit.is_open(node)) return edit.purge(node);
    // Open: nobody finds it any more, but who has it open goes on.
    ASTEROPE_TRY_STATUS(edit.unindex(record, ASTEROPE_TRY(edit.view().document(node))));
    edit.batch().put(Table::orphans, orphan_key(node), "");
    return {};
}

/// A removed directory: empty, and nobody can have it open here but by its number.
Status drop_directory(Edit& edit, NodeRecord& record) {
    record.attr.nlink = 0;
    const NodeId parent = record.first_link.parent;
    ASTEROPE_TRY_STATUS(edit.purge(record.attr.node));
    --ASTEROPE_TRY(edit.directory(parent))->attr.nlink;
    return {};
}

/// `child` or a directory above it is `ancestor`.
Result<bool> is_below(const Edit& edit, NodeId child, NodeId ancestor) {
    while (child != kRootNode) {
        if (child == ancestor) return true;
        child = ASTEROPE_TRY(edit.view().node(child)).first_link.parent;
    }
    return ancestor == kRootNode;
}

bool inherits(const Edit& edit, const NodeRecord& moved, const NodeRecord& replaced, const Link& from, const Link& to) {
    return !moved.had_document && from.parent == to.parent && moved.attr.type == NodeType::file &&
           replaced.attr.type == NodeType::file && moved.attr.uid == replaced.attr.uid &&
           edit.now().seconds - moved.attr.btime.seconds < kInheritWindowSeconds;
}

/// Hands the document of a file that is about to be replaced to the one that replaces it. Returns whether it did.
Result<bool> inherit_document(Edit& edit, NodeRecord& moved, const NodeRecord& replaced, OnReplace on_replace,
                              bool eligible) {
    if (on_replace == OnReplace::posix || (on_replace == OnReplace::inherit && !eligible)) return false;
    const Document old = ASTEROPE_TRY(edit.view().document(replaced.attr.node));
    if (old.empty()) return false;
    const Document before = ASTEROPE_TRY(edit.view().document(moved.attr.node));
    Document after = old;
    for (const auto& [name, value] : before) after.set(name, value);
    ASTEROPE_TRY_STATUS(edit.set_document(moved, before, after));
    return true;
}

struct Moving {
    Link from, to;
    Dentry dentry;
};

/// Checks what POSIX asks of a rename over something, and removes it. Returns whether the document was inherited.
Result<bool> replace_target(Edit& edit, NodeRecord& moved, const Moving& move, const Dentry& target,
                            OnReplace on_replace) {
    NodeRecord* const replaced = ASTEROPE_TRY(edit.node(target.node));
    const bool over_directory = replaced->attr.type == NodeType::directory;
    if (moved.attr.type == NodeType::directory && !over_directory) return fail(Errc::not_dir);
    if (moved.attr.type != NodeType::directory && over_directory) return fail(Errc::is_dir);
    edit.drop_dentry(move.to.parent, move.to.name, target.cookie);
    if (over_directory) {
        if (!ASTEROPE_TRY(edit.view().is_empty_directory(target.node))) return fail(Errc::not_empty);
        ASTEROPE_TRY_STATUS(drop_directory(edit, *replaced));
        return false;
    }
    const bool eligible = inherits(edit, moved, *replaced, move.from, move.to);
    const bool inherited = ASTEROPE_TRY(inherit_document(edit, moved, *replaced, on_replace, eligible));
    ASTEROPE_TRY_STATUS(drop_link(edit, *replaced, move.to));
    if (replaced->attr.nlink > 0) edit.record(ChangeKind::attributes, target.node);  // under its other names
    return inherited;
}

/// A directory counts as a link of the one it is in.
Status move_parent_count(Edit& edit, const NodeRecord& moved, NodeId from, NodeId to) {
    if (moved.attr.type != NodeType::directory || from == to) return {};
    --ASTEROPE_TRY(edit.directory(from))->attr.nlink;
    ++ASTEROPE_TRY(edit.directory(to))->attr.nlink;
    return {};
}

Status exchange(Edit& edit, const Moving& move, const Dentry& target) {
    NodeRecord* const one = ASTEROPE_TRY(edit.node(move.dentry.node));
    NodeRecord* const other = ASTEROPE_TRY(edit.node(target.node));
    if (ASTEROPE_TRY(is_below(edit, move.from.parent, target.node))) return fail(Errc::invalid);
    Dentry there{move.dentry.node, move.dentry.type, target.cookie};
    Dentry here{target.node, target.type, move.dentry.cookie};
    edit.put_dentry(move.to.parent, move.to.name, there);
    edit.put_dentry(move.from.parent, move.from.name, here);
    ASTEROPE_TRY_STATUS(move_link(edit, *one, move.from, move.to));
    ASTEROPE_TRY_STATUS(move_link(edit, *other, move.to, move.from));
    ASTEROPE_TRY_STATUS(move_parent_count(edit, *one, move.from.parent, move.to.parent));
    ASTEROPE_TRY_STATUS(move_parent_count(edit, *other, move.to.parent, move.from.parent));
    for (NodeRecord* const record : {one, other}) {
        record->attr.ctime = edit.now();
        ++record->attr.version;
    }
    edit.record(ChangeKind::renamed, target.node, move.from, move.to);
    return {};
}

}  // namespace

Result<Attr> create_node(Edit& edit, NodeId dir, std::string_view name, const NewNode& what, NodeId node,
                         std::uint64_t cookie) {
    NodeRecord* const parent = ASTEROPE_TRY(edit.directory(dir));
    ASTEROPE_TRY_STATUS(require_free(edit, dir, name));
    if (what.type == NodeType::symlink && (what.target.empty() || what.target.size() >= limits::kPathBytes))
        return fail(what.target.empty() ? Errc::not_found : Errc::name_too_long, "a symlink needs a target of 1 to 4095 bytes");
    NodeRecord fresh;
    fresh.attr = {node, what.type, what.mode & 07777, what.uid, what.gid, 1, what.rdev, 0, 0,
                  edit.now(), edit.now(), edit.now(), edit.now(), 1};
    fresh.first_link = {dir, std::string(name)};
    if (what.type == NodeType::directory) {
        fresh.attr.nlink = 2;
        fresh.attr.size = kDirectoryBytes;
        ++parent->attr.nlink;
    }
    NodeRecord& record = edit.add_node(fresh);
    if (what.type == NodeType::symlink) {
        edit.set_inline_content(record, what.target);
        record.attr.blocks = 0;
    }
    if (!what.document.empty()) ASTEROPE_TRY_STATUS(edit.set_document(record, Document(), what.document));
    edit.put_dentry(dir, name, {node, what.type, cookie});
    ASTEROPE_TRY_STATUS(edit.touch_directory(dir));
    edit.record(ChangeKind::created, node, record.first_link);
    return record.attr;
}

Status unlink_name(Edit& edit, NodeId dir, std::string_view name) {
    ASTEROPE_TRY(edit.directory(dir));
    const Dentry dentry = ASTEROPE_TRY(edit.view().dentry(dir, name));
    if (dentry.type == NodeType::directory) return fail(Errc::is_dir);
    const Link link{dir, std::string(name)};
    edit.drop_dentry(dir, name, dentry.cookie);
    ASTEROPE_TRY_STATUS(drop_link(edit, *ASTEROPE_TRY(edit.node(dentry.node)), link));
    ASTEROPE_TRY_STATUS(edit.touch_directory(dir));
    edit.record(ChangeKind::removed, dentry.node, link);
    return {};
}

Status remove_directory(Edit& edit, NodeId dir, std::string_view name) {
    ASTEROPE_TRY(edit.directory(dir));
    const Dentry dentry = ASTEROPE_TRY(edit.view().dentry(dir, name));
    if (dentry.type != NodeType::directory) return fail(Errc::not_dir);
    if (!ASTEROPE_TRY(edit.view().is_empty_directory(dentry.node))) return fail(Errc::not_empty);
    edit.drop_dentry(dir, name, dentry.cookie);
    ASTEROPE_TRY_STATUS(drop_directory(edit, *ASTEROPE_TRY(edit.node(dentry.node))));
    ASTEROPE_TRY_STATUS(edit.touch_directory(dir));
    edit.record(ChangeKind::removed, dentry.node, {dir, std::string(name)});
    return {};
}

Result<Attr> add_link(Edit& edit, NodeId node, NodeId dir, std::string_view name, std::uint64_t cookie) {
    ASTEROPE_TRY(edit.directory(dir));
    NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
    if (record->attr.type == NodeType::directory) return fail(Errc::not_permitted, "a directory has one name");
    if (record->attr.nlink == 0) return fail(Errc::not_found);
    if (record->attr.nlink >= limits::kLinkCount) return fail(Errc::too_many_links);
    ASTEROPE_TRY_STATUS(require_free(edit, dir, name));
    if (record->attr.nlink == 1)
        edit.batch().put(Table::links, link_key(node, record->first_link.parent, record->first_link.name), "");
    edit.batch().put(Table::links, link_key(node, dir, name), "");
    ++record->attr.nlink;
    record->attr.ctime = edit.now();
    ++record->attr.version;
    edit.put_dentry(dir, name, {node, record->attr.type, cookie});
    ASTEROPE_TRY_STATUS(edit.touch_directory(dir));
    edit.record(ChangeKind::linked, node, {dir, std::string(name)});
    return record->attr;
}

Status rename_node(Edit& edit, const Link& from, const Link& to, RenameMode mode, OnReplace on_replace,
                   std::uint64_t cookie) {
    ASTEROPE_TRY(edit.directory(from.parent));
    ASTEROPE_TRY(edit.directory(to.parent));
    const Moving move{from, to, ASTEROPE_TRY(edit.view().dentry(from.parent, from.name))};
    NodeRecord* const moved = ASTEROPE_TRY(edit.node(move.dentry.node));
    const auto target = edit.view().dentry(to.parent, to.name);
    if (!target && (target.error().code != Errc::not_found || mode == RenameMode::exchange))
        return Unexpected(target.error());
    if (moved->attr.type == NodeType::directory && ASTEROPE_TRY(is_below(edit, to.parent, move.dentry.node)))
        return fail(Errc::invalid, "a directory cannot move into itself");
    if (target && mode == RenameMode::no_replace) return fail(Errc::exists);
    if (target && target->node == move.dentry.node) return {};  // POSIX: two names of one file, nothing to do
    bool inherited = false;
    if (mode == RenameMode::exchange) {
        ASTEROPE_TRY_STATUS(exchange(edit, move, *target));
    } else {
        if (target) inherited = ASTEROPE_TRY(replace_target(edit, *moved, move, *target, on_replace));
        edit.drop_dentry(from.parent, from.name, move.dentry.cookie);
        edit.put_dentry(to.parent, to.name, {move.dentry.node, move.dentry.type, cookie});
        ASTEROPE_TRY_STATUS(move_link(edit, *moved, from, to));
        ASTEROPE_TRY_STATUS(move_parent_count(edit, *moved, from.parent, to.parent));
        moved->attr.ctime = edit.now();
        ++moved->attr.version;
    }
    ASTEROPE_TRY_STATUS(edit.touch_directory(from.parent));
    ASTEROPE_TRY_STATUS(edit.touch_directory(to.parent));
    edit.record(ChangeKind::renamed, move.dentry.node, to, from, inherited);
    return {};
}

}  // namespace asterope::storage

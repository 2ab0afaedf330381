#include "fs/view.h"

#include <sys/stat.h>

#include "fs/tree_dir.h"

namespace asterope::fs {

Result<Entry> View::lookup(const Caller& caller, NodeId dir, std::string_view name) {
    if (is_query_node(dir)) return query_.lookup(caller, dir, name);
    if (is_query_root(dir, name)) return query_.root_entry();
    return tree_.lookup(dir, name);
}

void View::forget(NodeId node, std::uint64_t count) {
    if (is_query_node(node)) return query_.forget(node, count);
    kept_pages_.forget(node);
}

Result<AttrReply> View::getattr(const Caller&, NodeId node) {
    if (is_query_node(node)) return query_.getattr(node);
    return tree_.getattr(node);
}

Result<AttrReply> View::setattr(const Caller& caller, NodeId node, const SetAttr& change,
                                std::optional<HandleId> handle) {
    if (is_query_node(node)) return fail(Errc::read_only);
    std::shared_ptr<OpenFile> open;
    if (handle && change.size) open = ASTEROPE_TRY(files_.find(*handle));
    auto reply = tree_.setattr(caller, node, change, open.get());
    if (change.mode && (*change.mode & (S_ISUID | S_ISGID)) != 0) files_.gained_privileges(node);
    return reply;
}

Result<Entry> View::mknod(const Caller& caller, NodeId dir, std::string_view name, NodeType type,
                          std::uint32_t mode, std::uint32_t rdev) {
    if (is_query_node(dir)) return fail(Errc::read_only);
    return tree_.make(caller, dir, name, {.type = type, .mode = mode, .rdev = rdev});
}

Result<Entry> View::mkdir(const Caller& caller, NodeId dir, std::string_view name, std::uint32_t mode) {
    if (is_query_node(dir)) return query_.mkdir(caller, dir, name, mode);
    return tree_.make(caller, dir, name, {.type = NodeType::directory, .mode = mode});
}

Result<Entry> View::symlink(const Caller& caller, NodeId dir, std::string_view name,
                            std::string_view target) {
    if (is_query_node(dir)) return fail(Errc::read_only);
    if (target.empty()) return fail(Errc::not_found);
    if (target.size() >= limits::kPathBytes) return fail(Errc::name_too_long);
    return tree_.make(caller, dir, name,
                      {.type = NodeType::symlink, .mode = 0777, .target = std::string(target)});
}

Result<std::string> View::readlink(NodeId node) {
    if (is_query_node(node)) return fail(Errc::invalid);
    return volume_->readlink(node);
}

Status View::unlink(NodeId dir, std::string_view name) {
    if (is_query_node(dir)) return fail(Errc::read_only);
    return tree_.unlink(dir, name);
}

Status View::rmdir(NodeId dir, std::string_view name) {
    if (is_query_node(dir)) return query_.rmdir(dir, name);
    return tree_.rmdir(dir, name);
}

Status View::rename(const Link& from, const Link& to, unsigned flags) {
    if (is_query_node(from.parent) || is_query_node(to.parent)) return fail(Errc::read_only);
    return tree_.rename(from, to, flags);
}

Result<Entry> View::link(NodeId node, NodeId dir, std::string_view name) {
    if (is_query_node(dir)) return fail(Errc::read_only);
    if (is_query_node(node)) return fail(Errc::not_permitted);
    return tree_.link(node, dir, name);
}

Result<HandleId> View::opendir(const Caller& caller, NodeId node) {
    if (is_query_node(node)) return dirs_.add(ASTEROPE_TRY(query_.opendir(caller, node)));
    auto parent =
        volume_->first_link(node);  // none when the directory was removed under a process that stands in it
    return dirs_.add(std::make_shared<TreeDir>(
        *volume_, tree_, options_, node, parent ? parent->parent : node, query_.root_entry().attr.node));
}

Status View::readdir(const Caller& caller, HandleId handle, std::uint64_t offset, bool plus,
                     const DirSink& sink) {
    return ASTEROPE_TRY(dirs_.find(handle))->read(caller, offset, plus, sink);
}

void View::releasedir(HandleId handle) {
    dirs_.remove(handle);
}

Result<std::string> View::getxattr(const Caller& caller, NodeId node, std::string_view name) {
    if (is_query_node(node)) return query_.getxattr(caller, node, name);
    return xattrs_.get(node, name);
}

Result<std::vector<std::string>> View::listxattr(const Caller& caller, NodeId node) {
    if (is_query_node(node)) return query_.listxattr(caller, node);
    return xattrs_.list(caller, node);
}

Status View::setxattr(const Caller& caller, NodeId node, std::string_view name, std::string_view value,
                      int flags) {
    if (is_query_node(node)) return query_.setxattr(caller, node, name, value, flags);
    ASTEROPE_TRY_STATUS(xattrs_.set(caller, node, name, value, flags));
    if (name == kCapabilityAttribute) files_.gained_privileges(node);
    return {};
}

Status View::removexattr(NodeId node, std::string_view name) {
    if (is_query_node(node)) return query_.removexattr(node, name);
    return xattrs_.remove(node, name);
}

}  // namespace asterope::fs

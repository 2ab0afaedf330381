#include "fs/filesystem.h"

namespace asterope::fs {
namespace {

/// The volume of the mount outlives every view of it.
std::shared_ptr<Volume> unowned(Volume& volume) {
    return {std::shared_ptr<void>(), &volume};
}

Options with_watch(Options options, bool is_watched) {
    constexpr double kForever = 1e9;
    options.is_watched = is_watched;
    if (is_watched) options.cache_seconds = kForever;
    return options;
}

}  // namespace

FileSystem::FileSystem(Volume& volume, Options options)
    : volume_(volume),
      watch_(volume.watch(origin_, [this](std::span<const Change> changes) {
          if (kernel_cache_ != nullptr) kernel_cache_->drop(stale_after(changes));
      })),
      options_(with_watch(std::move(options), watch_ != nullptr)),
      views_(std::make_shared<View>(unowned(volume), options_)) {}

/// An answer of the view that `asked` lies in, in numbers of the mount and counted as known to the kernel.
Result<Entry> FileSystem::known(NodeId asked, Result<Entry> entry) {
    if (!entry) return entry;
    entry->attr.node = in_view(view_of(asked), entry->attr.node);
    views_.remember(entry->attr.node);
    return entry;
}

/// Creates something in `dir`: in a view only, and what ViewTree holds is made by mkdir.
Result<Entry> FileSystem::make(NodeId dir, const std::function<Result<Entry>(View&)>& work) {
    if (is_view_tree_node(dir)) return fail(Errc::not_permitted);
    return known(dir, work(*ASTEROPE_TRY(views_.find(dir))));
}

Result<Entry> FileSystem::lookup(const Caller& caller, NodeId dir, std::string_view name) {
    if (is_view_tree_node(dir)) return view_tree_.lookup(caller, dir, name);
    if (is_hidden(dir, name)) return view_tree_.root_entry();
    return known(dir, ASTEROPE_TRY(views_.find(dir))->lookup(caller, own(dir), name));
}

double FileSystem::absence_seconds(NodeId dir) const {
    const bool is_kept = options_.is_watched && view_of(dir) == kMainView && !is_query_node(dir);
    return is_kept ? options_.cache_seconds : 0;
}

void FileSystem::settle() {
    if (kernel_cache_ != nullptr) kernel_cache_->settle();
}

void FileSystem::forget(NodeId node, std::uint64_t count) {
    if (is_view_tree_node(node)) return;
    if (const auto view = views_.find(node)) (*view)->forget(own(node), count);
    views_.forget(node, count);
}

Result<AttrReply> FileSystem::getattr(const Caller& caller, NodeId node) {
    if (is_view_tree_node(node)) return view_tree_.getattr(node);
    auto reply = ASTEROPE_TRY(views_.find(node))->getattr(caller, own(node));
    if (reply) reply->attr.node = node;
    return reply;
}

Result<AttrReply> FileSystem::setattr(const Caller& caller, NodeId node, const SetAttr& change,
                                      std::optional<HandleId> handle) {
    if (is_view_tree_node(node)) return fail(Errc::not_permitted);
    if (handle) handle = own(*handle);
    auto reply = ASTEROPE_TRY(views_.find(node))->setattr(caller, own(node), change, handle);
    if (reply) reply->attr.node = node;
    return reply;
}

Result<Entry> FileSystem::mknod(const Caller& caller, NodeId dir, std::string_view name, NodeType type,
                                std::uint32_t mode, std::uint32_t rdev) {
    return make(dir, [&](View& view) { return view.mknod(caller, own(dir), name, type, mode, rdev); });
}

Result<Entry> FileSystem::mkdir(const Caller& caller, NodeId dir, std::string_view name, std::uint32_t mode) {
    if (is_view_tree_node(dir)) return view_tree_.mkdir(caller, dir, name);
    return make(dir, [&](View& view) { return view.mkdir(caller, own(dir), name, mode); });
}

Result<Entry> FileSystem::symlink(const Caller& caller, NodeId dir, std::string_view name,
                                  std::string_view target) {
    return make(dir, [&](View& view) { return view.symlink(caller, own(dir), name, target); });
}

Result<Entry> FileSystem::link(NodeId node, NodeId dir, std::string_view name) {
    if (view_of(node) != view_of(dir)) return fail(Errc::cross_device);
    return make(dir, [&](View& view) { return view.link(own(node), own(dir), name); });
}

Result<std::string> FileSystem::readlink(NodeId node) {
    if (is_view_tree_node(node)) return fail(Errc::invalid);
    return ASTEROPE_TRY(views_.find(node))->readlink(own(node));
}

Status FileSystem::unlink(NodeId dir, std::string_view name) {
    if (is_view_tree_node(dir)) return fail(Errc::not_permitted);
    return ASTEROPE_TRY(views_.find(dir))->unlink(own(dir), name);
}

Status FileSystem::rmdir(const Caller& caller, NodeId dir, std::string_view name) {
    if (is_view_tree_node(dir)) return view_tree_.rmdir(caller, dir, name);
    return ASTEROPE_TRY(views_.find(dir))->rmdir(own(dir), name);
}

Status FileSystem::rename(const Caller& caller, const Link& from, const Link& to, unsigned flags) {
    if (is_view_tree_node(from.parent) && is_view_tree_node(to.parent)) {
        const Status done = view_tree_.rename(caller, from, to);
        settle();  // of a commit the kernel knows nothing yet
        return done;
    }
    if (view_of(from.parent) != view_of(to.parent)) return fail(Errc::cross_device);
    const auto view = ASTEROPE_TRY(views_.find(from.parent));
    return view->rename({own(from.parent), from.name}, {own(to.parent), to.name}, flags);
}

Result<HandleId> FileSystem::opendir(const Caller& caller, NodeId node) {
    if (is_view_tree_node(node)) return view_tree_.opendir(node);
    return in_view(view_of(node), ASTEROPE_TRY(ASTEROPE_TRY(views_.find(node))->opendir(caller, own(node))));
}

Status FileSystem::readdir(const Caller& caller, HandleId handle, std::uint64_t offset, bool plus,
                           const DirSink& sink) {
    const ViewId id = view_of(handle);
    if (id == kViewTree) return ASTEROPE_TRY(view_tree_.open_dir(handle))->read(caller, offset, plus, sink);
    const auto view = ASTEROPE_TRY(views_.find(handle));
    if (id == kMainView) return view->readdir(caller, own(handle), offset, plus, sink);
    return view->readdir(caller, own(handle), offset, plus, [&](DirRecord record) {
        record.node = in_view(id, record.node);
        if (record.entry) record.entry->attr.node = record.node;
        const bool taken = sink(record);
        if (taken && record.entry) views_.remember(record.node);
        return taken;
    });
}

void FileSystem::releasedir(HandleId handle) {
    if (view_of(handle) == kViewTree) return view_tree_.releasedir(handle);
    if (const auto view = views_.find(handle)) (*view)->releasedir(own(handle));
}

Result<std::string> FileSystem::getxattr(const Caller& caller, NodeId node, std::string_view name) {
    if (node == root() && name == kRequestsAttribute) return requests_.text();
    if (is_view_tree_node(node)) return view_tree_.getxattr(caller, node, name);
    return ASTEROPE_TRY(views_.find(node))->getxattr(caller, own(node), name);
}

Result<std::vector<std::string>> FileSystem::listxattr(const Caller& caller, NodeId node) {
    if (is_view_tree_node(node)) return std::vector<std::string>{};
    return ASTEROPE_TRY(views_.find(node))->listxattr(caller, own(node));
}

Status FileSystem::setxattr(const Caller& caller, NodeId node, std::string_view name, std::string_view value,
                            int flags) {
    if (is_view_tree_node(node)) return fail(Errc::not_permitted);
    return ASTEROPE_TRY(views_.find(node))->setxattr(caller, own(node), name, value, flags);
}

Status FileSystem::removexattr(NodeId node, std::string_view name) {
    if (is_view_tree_node(node)) return fail(Errc::not_permitted);
    return ASTEROPE_TRY(views_.find(node))->removexattr(own(node), name);
}

void FileSystem::close_all() {
    view_tree_.close_all();
    views_.close_all();
}

}  // namespace asterope::fs

#include "fs/view_tree.h"

#include <unistd.h>

#include "engine/core/transaction_table.h"
#include "fs/names_dir.h"

namespace asterope::fs {
namespace {

constexpr std::string_view kTransactionsName = "tx";
constexpr std::string_view kSnapshotsName = "snapshots";
constexpr std::string_view kErrorAttribute = "user.asterope.error";

/// Everyone begins transactions; the kernel keeps all but the mount's own user from making snapshots.
std::uint32_t mode_of(NodeId node) {
    if (node == kTransactions) return 0777;
    return node == kSnapshots ? 0755 : 0555;
}

}  // namespace

Attr ViewTree::attr_of(NodeId node) const {
    Attr attr;
    attr.node = node;
    attr.type = NodeType::directory;
    attr.nlink = 2;
    attr.mode = mode_of(node);
    attr.uid = ::geteuid();
    attr.gid = ::getegid();
    attr.atime = attr.mtime = attr.ctime = attr.btime = born_;
    return attr;
}

Result<AttrReply> ViewTree::getattr(NodeId node) const {
    return AttrReply{attr_of(node), 0};
}

Result<Entry> ViewTree::lookup(const Caller& caller, NodeId dir, std::string_view name) {
    if (dir == kTransactions) return lookup_transaction(caller, name);
    if (dir == kSnapshots) return lookup_snapshot(name);
    if (name == kTransactionsName && options_.transactions != nullptr)
        return Entry{attr_of(kTransactions), 0, 0};
    if (name == kSnapshotsName) return Entry{attr_of(kSnapshots), 0, 0};
    return fail(Errc::not_found);
}

/// The root of the view of `volume`, which is shown as `dir`/`name`.
Result<Entry> ViewTree::enter(const std::shared_ptr<Volume>& volume, std::string_view dir,
                              std::string_view name) {
    Options options{.query_dir = options_.query_dir, .cache_seconds = 0};
    if (!options_.mountpoint.empty()) {
        options.mountpoint = options_.mountpoint + "/" + std::string(kHiddenDir) + "/";
        options.mountpoint.append(dir).append("/").append(name);
    }
    const auto entered = ASTEROPE_TRY(views_.enter(volume, options));
    const NodeId root = in_view(entered.id, kRootNode);
    auto attr = entered.view->getattr({}, kRootNode);
    if (!attr) {
        views_.forget(root, 1);
        return Unexpected(attr.error());
    }
    attr->attr.node = root;
    return Entry{attr->attr, 0, 0};
}

Result<Entry> ViewTree::lookup_transaction(const Caller& caller, std::string_view name) {
    const auto transaction = ASTEROPE_TRY(options_.transactions->find(name, user_of(caller)));
    const std::shared_ptr<Volume> view(transaction, &transaction->view());
    auto entry = enter(view, kTransactionsName, name);
    if (entry || entry.error().code != Errc::stale) return entry;
    // It was idle for too long: the name is free again.
    views_.end(*view);
    ASTEROPE_TRY_STATUS(options_.transactions->abort(name));
    return fail(Errc::not_found);
}

Result<std::shared_ptr<Volume>> ViewTree::open_snapshot(std::string_view name) {
    const std::lock_guard lock(mutex_);
    auto& known = open_snapshots_[std::string(name)];
    if (auto open = known.lock()) return open;
    auto opened = volume_.open_snapshot(name);
    if (opened)
        known = *opened;
    else
        open_snapshots_.erase(open_snapshots_.find(name));
    return opened;
}

Result<Entry> ViewTree::lookup_snapshot(std::string_view name) {
    return enter(ASTEROPE_TRY(open_snapshot(name)), kSnapshotsName, name);
}

Result<std::vector<std::string>> ViewTree::names_in(NodeId dir) const {
    std::vector<std::string> names;
    if (dir == kTransactions) return options_.transactions->names();
    if (dir == kSnapshots) {
        for (const auto& snapshot : ASTEROPE_TRY(volume_.snapshots())) names.push_back(snapshot.name);
        return names;
    }
    if (options_.transactions != nullptr) names.emplace_back(kTransactionsName);
    names.emplace_back(kSnapshotsName);
    return names;
}

Result<HandleId> ViewTree::opendir(NodeId dir) {
    const NodeId parent = dir == kViewTreeRoot ? kRootNode : kViewTreeRoot;
    return in_view(kViewTree,
                   dirs_.add(std::make_shared<NamesDir>(dir, parent, ASTEROPE_TRY(names_in(dir)))));
}

Result<std::string> ViewTree::getxattr(const Caller& caller, NodeId node, std::string_view name) const {
    const bool has_error = node != kViewTreeRoot && name == kErrorAttribute;
    if (auto error = has_error ? errors_.get(caller.uid) : std::nullopt) return *error;
    return fail(Errc::no_attribute);
}

}  // namespace asterope::fs

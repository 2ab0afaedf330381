#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/volume.h"
#include "fs/caller.h"
#include "fs/last_errors.h"
#include "fs/open_dir.h"
#include "fs/options.h"
#include "fs/types.h"
#include "fs/view_table.h"

namespace asterope::fs {

constexpr NodeId kViewTreeRoot = in_view(kViewTree, NodeId{1});  ///< /.asterope
constexpr NodeId kTransactions = in_view(kViewTree, NodeId{2});  ///< /.asterope/tx
constexpr NodeId kSnapshots = in_view(kViewTree, NodeId{3});     ///< /.asterope/snapshots
constexpr bool is_view_tree_node(NodeId node) {
    return view_of(node) == kViewTree;
}

/// The hidden directory in the root and what is directly below it: tx, whose directories are transactions,
/// and snapshots.
///     mkdir tx/NAME           begins (transaction_name.h says what NAME can ask for)
///     rename tx/NAME .commit  commits; with a conflict too it is gone
///     rmdir tx/NAME           aborts, whatever is inside
///     mkdir, rmdir snapshots/NAME  make and drop a snapshot
/// Why the caller's last such request failed is in user.asterope.error of both directories. A transaction is
/// for the user who began it and the mount's own; snapshots are the mount's own to make and drop, and for all
/// to read. Nothing here may be kept by the kernel. All node numbers are the mount's. Errors:   not_permitted
/// for every other change · permission (another user's transaction) · conflict · busy (a snapshot in use)
/// Threads:  any.
class ViewTree {
  public:
    ViewTree(Volume& volume, ViewTable& views, const Options& options)
        : volume_(volume), views_(views), options_(options) {}

    Entry root_entry() const { return {attr_of(kViewTreeRoot), 0, 0}; }
    Result<Entry> lookup(const Caller& caller, NodeId dir, std::string_view name);
    Result<AttrReply> getattr(NodeId node) const;
    Result<Entry> mkdir(const Caller& caller, NodeId dir, std::string_view name);
    Status rmdir(const Caller& caller, NodeId dir, std::string_view name);
    Status rename(const Caller& caller, const Link& from, const Link& to);
    Result<HandleId> opendir(NodeId dir);
    Result<std::shared_ptr<OpenDir>> open_dir(HandleId handle) const { return dirs_.find(own(handle)); }
    void releasedir(HandleId handle) { dirs_.remove(own(handle)); }
    Result<std::string> getxattr(const Caller& caller, NodeId node, std::string_view name) const;

    std::size_t open_count() const { return dirs_.size(); }
    void close_all() { dirs_.clear(); }

  private:
    Attr attr_of(NodeId node) const;
    Result<Entry> enter(const std::shared_ptr<Volume>& volume, std::string_view dir, std::string_view name);
    Result<Entry> lookup_transaction(const Caller& caller, std::string_view name);
    Result<Entry> lookup_snapshot(std::string_view name);
    Result<std::shared_ptr<Volume>> open_snapshot(std::string_view name);
    Status begin(const Caller& caller, std::string_view name);
    Status commit(const Caller& caller, std::string_view name);
    Status abort(const Caller& caller, std::string_view name);
    Status make_snapshot(std::string_view name);
    Status drop_snapshot(std::string_view name);
    static std::uint32_t user_of(const Caller& caller);
    Status noted(const Caller& caller, Status done);
    void drop_from_kernel(Sequence since);
    Result<std::vector<std::string>> names_in(NodeId dir) const;

    Volume& volume_;
    ViewTable& views_;
    const Options& options_;
    const Timestamp born_ = Timestamp::now();
    LastErrors errors_;
    HandleTable<OpenDir> dirs_;

    std::mutex mutex_;  ///< guards what follows
    std::map<std::string, std::weak_ptr<Volume>, std::less<>> open_snapshots_;
};

}  // namespace asterope::fs

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/volume.h"
#include "fs/caller.h"
#include "fs/control_file.h"
#include "fs/last_errors.h"
#include "fs/open_dir.h"
#include "fs/open_files.h"
#include "fs/options.h"
#include "fs/query_component.h"
#include "fs/query_nodes.h"
#include "fs/saved_queries.h"
#include "fs/types.h"
#include "fs/xattr.h"

namespace asterope::fs {

/// Everything below /query: expressions as directories, their results, control files, saved queries.
/// Looking a component up only parses it; listing a directory evaluates. Nothing here may be kept by the kernel.
/// Errors:   not_found for what is no expression and no result (the reason is in user.asterope.error) · read_only for changes ·
///           permission for a result below a directory that the caller may not search · interrupted (caller.stop)
/// Threads:  any.
class QueryTree {
  public:
    QueryTree(Volume& volume, const OpenFiles& files, const Options& options)
        : volume_(volume), files_(files), options_(options) {}

    Entry root_entry() const {
        return entry_of(kQueryRoot, {.kind = QueryKind::root, .parent = kRootNode, .name = {}});
    }
    Result<Entry> lookup(const Caller& caller, NodeId dir, std::string_view name);
    void forget(NodeId node, std::uint64_t count) { nodes_.forget(node, count); }
    Result<AttrReply> getattr(NodeId node);
    Result<Entry> mkdir(const Caller& caller, NodeId dir, std::string_view name, std::uint32_t mode);
    Status rmdir(NodeId dir, std::string_view name);
    Result<std::shared_ptr<OpenDir>> opendir(const Caller& caller, NodeId dir);
    Result<std::shared_ptr<ControlFile>> open(const Caller& caller, NodeId node);

    Result<std::string> getxattr(const Caller& caller, NodeId node, std::string_view name);
    Result<std::vector<std::string>> listxattr(const Caller& caller, NodeId node);
    Status setxattr(const Caller& caller, NodeId node, std::string_view name, std::string_view value,
                    int flags);
    Status removexattr(NodeId node, std::string_view name);

    /// Nodes that the kernel knows, the three fixed ones included.
    std::size_t node_count() const { return nodes_.size(); }

  private:
    Entry entry_of(NodeId node, const QueryNode& what) const;
    Entry interned(std::string_view name, QueryNode what);
    Result<Entry> lookup_in_root(const Caller& caller, std::string_view name);
    Result<Entry> lookup_saved(std::string_view name);
    Entry saved_entry(std::string_view name, NodeId stored);
    Result<Entry> lookup_in_results(const Caller& caller, NodeId dir, const QueryNode& results,
                                    std::string_view name);
    Result<Entry> lookup_result(const Caller& caller, const QueryNode& results, std::string_view name);
    Result<Entry> results_entry(const Caller& caller, NodeId dir, std::string_view name,
                                Result<SharedQuery> query);

    Volume& volume_;
    const OpenFiles& files_;
    const Options& options_;
    const Timestamp born_ = Timestamp::now();
    QueryNodes nodes_;
    SavedQueries saved_{volume_};
    Xattrs xattrs_{volume_};
    LastErrors errors_;
};

}  // namespace asterope::fs

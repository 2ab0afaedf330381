#pragma once

#include <string>
#include <string_view>

#include "engine/core/ids.h"

namespace asterope {
class TransactionTable;
}

namespace asterope::fs {

/// How one mount shows its volume.
struct Options {
    std::string query_dir = "query";  ///< the name of the query tree in the root; empty: none
    bool query_only = false;          ///< the query tree is all that the mount shows, at its root
    std::string mountpoint{};         ///< the absolute path of the mount, for .paths0; empty: keys alone
    /// How long the kernel may keep names and attributes of the normal tree; without end where the volume tells of every change
    /// that did not come from the kernel (Volume::watch).
    double cache_seconds = 1.0;
    bool is_watched = false;  ///< it does; FileSystem finds out
    TransactionTable* transactions = nullptr;  ///< those below .asterope/tx; nullptr: none. Outlives the FileSystem
};

/// The hidden directory in the root: in the mount that of ViewTree, in the volume the one that keeps the saved queries.
constexpr std::string_view kHiddenDir = ".asterope";

/// Names in the root that belong to the mount, not to the users.
inline bool is_hidden(NodeId dir, std::string_view name) {
    return dir == kRootNode && name == kHiddenDir;
}
inline bool is_reserved(const Options& options, NodeId dir, std::string_view name) {
    return is_hidden(dir, name) || (dir == kRootNode && !name.empty() && name == options.query_dir);
}

}  // namespace asterope::fs

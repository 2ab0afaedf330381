#pragma once

#include <functional>

#include "engine/storage/edit.h"

/// The namespace operations of a store, each as one edit. Names have been checked by the caller.
namespace asterope::storage {

/// Whether somebody has `node` open: then it outlives its last name.
using IsOpen = std::function<bool(NodeId)>;

Result<Attr> create_node(Edit& edit, NodeId dir, std::string_view name, const NewNode& what);
Status unlink_name(Edit& edit, NodeId dir, std::string_view name, const IsOpen& is_open);
Status remove_directory(Edit& edit, NodeId dir, std::string_view name);
Result<Attr> add_link(Edit& edit, NodeId node, NodeId dir, std::string_view name);
Status rename_node(Edit& edit, const Link& from, const Link& to, RenameMode mode, OnReplace on_replace,
                   const IsOpen& is_open);

}  // namespace asterope::storage

#pragma once

#include "engine/storage/edit.h"

/// The namespace operations of a store, each as one edit. Names have been checked by the caller.
namespace asterope::storage {

/// `node`, `cookie`: unused numbers, for the new node and its entry.
Result<Attr> create_node(Edit& edit, NodeId dir, std::string_view name, const NewNode& what, NodeId node,
                         std::uint64_t cookie);
Status unlink_name(Edit& edit, NodeId dir, std::string_view name);
Status remove_directory(Edit& edit, NodeId dir, std::string_view name);
Result<Attr> add_link(Edit& edit, NodeId node, NodeId dir, std::string_view name, std::uint64_t cookie);
Status rename_node(Edit& edit, const Link& from, const Link& to, RenameMode mode, OnReplace on_replace,
                   std::uint64_t cookie);

}  // namespace asterope::storage

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/storage/kv/kv.h"
#include "engine/storage/tables.h"

namespace asterope::storage {

/// Typed reads of one state of a store.
/// Errors:   not_found · corrupt · io
/// Threads:  as the reader below. Lifetime: the reader must outlive it.
class View {
  public:
    explicit View(const kv::Reader& reader) : reader_(reader) {}
    const kv::Reader& reader() const { return reader_; }

    Result<NodeRecord> node(NodeId node) const;
    /// The part of the record that a key is made of. Lifetime: the reader's.
    Result<NamedNode> named_node(NodeId node) const;
    Result<Dentry> dentry(NodeId parent, std::string_view name) const;
    /// Entries after `cookie` in order of cookies.
    Result<std::vector<DirEntry>> list(NodeId dir, std::uint64_t cookie, std::size_t count_max) const;
    Result<bool> is_empty_directory(NodeId dir) const;
    /// Empty when the node has none.
    Result<Document> document(NodeId node) const;
    Result<std::optional<std::string>> attribute(NodeId node, std::string_view name) const;
    Result<std::vector<std::string>> attribute_names(NodeId node) const;
    Result<std::string> inline_content(NodeId node) const;
    /// Of what was last committed; nullopt: not known, or not a regular file.
    Result<std::optional<Checksum>> checksum(NodeId node) const;
    /// The same, where `record` is the node's.
    Result<std::optional<Checksum>> checksum(const NodeRecord& record) const;
    /// All names of a node with more than one; empty otherwise.
    Result<std::vector<Link>> links(NodeId node) const;
    Result<std::string> key(NodeId node) const;
    /// A number of the meta table; 0 when it was never set.
    Result<std::uint64_t> number(std::string_view name) const;

    /// Calls `visit(key, value)` for the entries of `table` from `from` on whose keys begin with `prefix`, until it returns false.
    template <class Visit>
    Status scan(kv::Table table, std::string_view prefix, std::string_view from, Visit&& visit) const {
        const auto cursor = reader_.cursor(table);
        for (cursor->seek(from); cursor->valid() && cursor->key().starts_with(prefix); cursor->next())
            if (!visit(cursor->key(), cursor->value())) break;
        return cursor->status();
    }

  private:
    const kv::Reader& reader_;
};

}  // namespace asterope::storage

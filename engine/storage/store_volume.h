#pragma once

#include <memory>
#include <string>

#include "engine/core/volume.h"
#include "engine/storage/open_nodes.h"

namespace asterope::storage {

/// The operations of a volume over any Scope: what the store itself, a transaction and a snapshot have in common.
/// Source: engine/DESIGN.md
class StoreVolume : public Volume {
  public:
    StoreVolume(const Rooms& rooms, OnReplace on_replace) : rooms_(rooms), open_nodes_(rooms), on_replace_(on_replace) {}

    // volume_names.cc
    Result<Attr> lookup(NodeId dir, std::string_view name) override;
    Result<Attr> getattr(NodeId node) override;
    Result<Attr> setattr(NodeId node, const AttrChange& change) override;
    Result<Attr> create(NodeId dir, std::string_view name, const NewNode& what) override;
    Status unlink(NodeId dir, std::string_view name) override;
    Status rmdir(NodeId dir, std::string_view name) override;
    Status rename(const Link& from, const Link& to, RenameMode mode) override;
    Result<Attr> link(NodeId node, NodeId dir, std::string_view name) override;
    Result<std::string> readlink(NodeId node) override;
    Result<std::vector<DirEntry>> list(NodeId dir, std::uint64_t cookie, std::size_t count_max) override;
    Result<Link> first_link(NodeId node) override;

    // volume_contents.cc
    Result<std::unique_ptr<File>> open(NodeId node, const OpenOptions& options) override;
    Result<std::unique_ptr<StagedContent>> stage() override;
    Result<Attr> put(NodeId dir, std::string_view name, PutRequest request) override;
    Result<std::optional<std::string>> checksum(NodeId node) override;

    // volume_metadata.cc
    Result<Document> document(NodeId node) override;
    Status change_document(NodeId node, const std::vector<FieldChange>& changes, SetMode mode,
                           std::optional<std::uint64_t> if_version) override;
    Result<std::string> attribute(NodeId node, std::string_view name) override;
    Result<std::vector<std::string>> list_attributes(NodeId node) override;
    Status set_attribute(NodeId node, std::string_view name, std::string_view bytes, SetMode mode) override;
    Status remove_attribute(NodeId node, std::string_view name) override;

    // volume_queries.cc
    Result<std::unique_ptr<ResultStream>> query(const query::Query& query, const QueryOptions& options) override;
    Result<std::uint64_t> count(const query::Query& query, const QueryOptions& options) override;
    Result<std::string> explain(const query::Query& query, const QueryOptions& options) override;
    Result<bool> matches(const query::Query& query, NodeId node) override;

    // volume_feed.cc
    Result<std::vector<Change>> changes(Sequence since, std::size_t count_max, std::chrono::milliseconds wait) override;
    Sequence sequence() override { return rooms_.scope.last_change(); }
    Status sync() override;

  protected:
    const Rooms& rooms() const { return rooms_; }
    OpenNodes& open_nodes() { return open_nodes_; }

  private:
    Result<Attr> put_new(NodeId dir, std::string_view name, PutRequest& request);
    Result<Attr> put_over(NodeId node, PutRequest& request);
    Result<Attr> set_size(NodeId node, std::uint64_t size);

    Rooms rooms_;
    OpenNodes open_nodes_;
    OnReplace on_replace_;
};

}  // namespace asterope::storage

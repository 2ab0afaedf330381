#pragma once

#include <memory>
#include <unordered_map>

#include "engine/storage/field_catalog.h"
#include "query/index_source.h"

namespace asterope::storage {

/// One state of a store, as the query engine reads it.
/// Lifetime: the catalog must outlive it; it keeps its snapshot.
class QuerySource final : public query::IndexSource {
  public:
    QuerySource(std::shared_ptr<const kv::Reader> snapshot, const FieldCatalog& fields)
        : snapshot_(std::move(snapshot)), view_(*snapshot_), fields_(fields) {}

    Result<std::optional<query::FieldInfo>> field(std::string_view name) override;
    Result<std::unique_ptr<query::PostingCursor>> scan(const query::TermRange& range, query::Direction direction) override;
    Result<std::uint64_t> count(const query::TermRange& range, std::uint64_t count_max) override;
    std::uint64_t file_count_estimate() override;
    std::unique_ptr<query::FileCursor> files_by_node() override;
    std::unique_ptr<query::FileCursor> files_by_key() override;
    Result<Document> document(NodeId node) override;
    Result<Attr> attr(NodeId node) override;
    Result<std::string> key(NodeId node) override;
    Result<std::optional<std::string>> checksum(NodeId node) override;

    Result<NodeRecord> file(NodeId node) const;
    /// Without its document. Errors: not_found · stale (it has no name)
    Result<Hit> hit(NodeId node);

  private:
    Result<std::string_view> path_of(NodeId dir);

    static constexpr std::size_t kPathsMax = 10'000;
    std::shared_ptr<const kv::Reader> snapshot_;
    View view_;
    const FieldCatalog& fields_;
    std::unordered_map<NodeId, std::string> paths_;  ///< of directories that were met, so that siblings share the walk to the root
};

}  // namespace asterope::storage

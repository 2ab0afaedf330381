#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/storage/field_catalog.h"
#include "engine/storage/view.h"

namespace asterope::storage {

/// Hands out numbers that were never used in the store: for nodes, blobs and directory cookies alike.
/// Threads: only the writer.
class IdSource {
  public:
    void start(std::uint64_t limit) { next_ = limit_ = limit; }
    /// The next number; `batch` gets the new limit when the reserved block is used up.
    std::uint64_t next(kv::Batch& batch);
    /// The batch was not committed: numbers of a block that it would have reserved must not be handed out.
    void discard() { next_ = limit_; }

  private:
    static constexpr std::uint64_t kBlock = 4096;
    std::uint64_t next_ = 0;
    std::uint64_t limit_ = 0;
};

/// One atomic change of a store in the making: reads of the state before it, changed node records, and the batch.
/// Lives while the writer's lock is held. Nothing is visible before `finish` was committed.
class Edit {
  public:
    Edit(const kv::Reader& before, IdSource& ids, const FieldCatalog& fields)
        : view_(before), ids_(ids), fields_(fields), now_(Timestamp::now()) {}

    const View& view() const { return view_; }
    Timestamp now() const { return now_; }
    kv::Batch& batch() { return batch_; }
    std::uint64_t next_id() { return ids_.next(batch_); }

    /// The record of `node` with the changes made so far, to be changed. Lifetime: this Edit. Errors: not_found
    Result<NodeRecord*> node(NodeId node);
    Result<NodeRecord*> directory(NodeId node);  ///< also not_dir, and not_found for a removed one
    NodeRecord& add_node(const NodeRecord& record);
    void drop_node(NodeId node);

    void put_dentry(NodeId parent, std::string_view name, const Dentry& dentry);
    void drop_dentry(NodeId parent, std::string_view name, std::uint64_t cookie);
    /// Makes the directory's times now and counts the change.
    Status touch_directory(NodeId dir);

    /// Sets the document and the index entries that follow from it. `record` may be new.
    Status set_document(NodeRecord& record, const Document& before, const Document& after);
    /// Queries no longer find the node; its document stays.
    Status unindex(NodeRecord& record, const Document& document);
    void drop_blob(BlobId blob);

    void record(ChangeKind kind, NodeId node, Link at = {}, std::optional<Link> from = {}, bool inherited = false);

    /// Encodes changed records and the feed's events, numbered from `next_change` on; returns how many events there were.
    std::uint64_t finish(std::uint64_t next_change);
    const std::vector<std::pair<std::string, FieldRecord>>& new_fields() const { return new_fields_; }
    const std::vector<BlobId>& dropped_blobs() const { return dropped_blobs_; }

  private:
    FieldRecord field(std::string_view name);
    std::vector<IndexEntry> index_entries(NodeId node, const Document& document, const Document& other);

    View view_;
    IdSource& ids_;
    const FieldCatalog& fields_;
    Timestamp now_;
    kv::Batch batch_;
    std::map<NodeId, NodeRecord> nodes_;
    std::vector<NodeId> dropped_nodes_;
    std::vector<std::pair<std::string, FieldRecord>> new_fields_;
    std::vector<BlobId> dropped_blobs_;
    std::vector<Change> changes_;
    std::int64_t node_count_delta_ = 0;
};

}  // namespace asterope::storage

#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/storage/field_catalog.h"
#include "engine/storage/view.h"

namespace asterope::storage {

/// What a content of so many bytes in the index counts as. Units: 512 bytes
constexpr std::uint64_t inline_blocks(std::uint64_t bytes) { return (bytes + 511) / 512; }

/// Whether somebody has `node` open: then it outlives its last name.
using IsOpen = std::function<bool(NodeId)>;

/// What an Edit did, ready to be committed.
struct Outcome {
    kv::Batch batch;
    std::vector<Change> events;  ///< of the feed; without their numbers
    std::vector<BlobId> dropped_blobs;
    std::vector<std::pair<NodeId, BlobId>> added_blobs;  ///< named in staging/, to be published after the commit
    std::set<NodeId> written_nodes;    ///< not directories of which only times and link count changed
    std::vector<NodeId> touched_directories;  ///< those directories
    std::set<NodeId> changed_contents;

    /// Adds what was done after this.
    void add(Outcome&& later);
};

/// One atomic change of a store in the making: reads of the state before it, changed node records, and the batch.
/// Reads see the state before the edit, but for the records that node() and directory() return.
class Edit {
  public:
    /// Lifetime: all that is given must outlive the Edit.
    Edit(const kv::Reader& before, FieldCatalog& fields, const IsOpen& is_open, Timestamp now)
        : view_(before), fields_(fields), is_open_(is_open), now_(now) {}

    const View& view() const { return view_; }
    Timestamp now() const { return now_; }
    kv::Batch& batch() { return outcome_.batch; }
    bool is_open(NodeId node) const { return is_open_(node); }

    /// The record of `node` with the changes made so far, to be changed. Lifetime: this Edit. Errors: not_found
    Result<NodeRecord*> node(NodeId node);
    /// The same of a directory of which only times and link count will change, or nothing: edits that do so in the same
    /// directory do not conflict. Errors: also not_dir, and not_found for a removed one
    Result<NodeRecord*> directory(NodeId node);
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

    /// Puts `bytes` in the place of the node's content, in the index.
    void set_inline_content(NodeRecord& record, std::string_view bytes);
    /// Makes `blob`, which has been named in staging/ for the node, its content.
    void set_blob_content(NodeRecord& record, BlobId blob, std::uint64_t size, std::uint64_t blocks);
    /// Removes everything that belongs to a node whose last name is gone.
    Status purge(NodeId node);

    void record(ChangeKind kind, NodeId node, Link at = {}, std::optional<Link> from = {}, bool inherited = false);

    /// Encodes changed records and the feed's events, numbered from `next_change` on. Last.
    Outcome finish(std::uint64_t next_change);

  private:
    struct Held {
        NodeRecord record;
        std::optional<NodeRecord> before{};  ///< nullopt: new
        bool only_touched = true;
    };
    Result<Held*> hold(NodeId node);
    Result<std::vector<IndexEntry>> index_entries(NodeId node, const Document& document, const Document& other);
    void drop_blob(BlobId blob);
    void finish_nodes();
    void finish_changes(std::uint64_t next_change);

    View view_;
    FieldCatalog& fields_;
    const IsOpen& is_open_;
    Timestamp now_;
    Outcome outcome_;
    std::map<NodeId, Held> nodes_;
    std::vector<NodeId> dropped_nodes_;
    std::vector<Change> changes_;
    std::int64_t node_count_delta_ = 0;
};

}  // namespace asterope::storage

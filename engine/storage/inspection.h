#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/storage/blob_files.h"
#include "engine/storage/check.h"
#include "engine/storage/checksum.h"
#include "engine/storage/mender.h"
#include "engine/storage/watch.h"

namespace asterope::storage {

/// Numbers from here on are taken for damage: no store gets that far.
constexpr std::uint64_t kIdMax = std::uint64_t{1} << 56;

/// One look at a whole state of a store: compares everything that must agree, and tells what does not.
///
/// It goes in stages, from the nodes to what is derived from them. With a Mender, each problem that can be mended is; the
/// stages after one that mended something are left to the next inspection, so that each may rely on those before it.
/// Tables that must agree are compared by their SetPrints first, in the order in which they lie, and row by row only where
/// those differ.
///
/// Memory: 40 bytes a node and 24 bytes a blob, besides what problems need.
/// Threads: one at a time.
class Inspection {
  public:
    using BlobSizes = std::vector<std::pair<BlobId, std::uint64_t>>;

    /// `files`: the blobs in their place, listed before the state was taken. `mender`: nullptr to look only.
    Inspection(const View& view, const BlobFiles& blobs, const BlobSizes& files, const Watch& watch, Mender* mender);
    /// Errors: interrupted
    Result<CheckReport> run();

  private:
    struct Node {
        NodeId id{};
        std::uint64_t first_link = 0;  ///< print of its place and name
        NodeId parent{};               ///< of a directory: where it has a name
        std::uint32_t nlink = 0, names = 0, subdirectories = 0;
        NodeType type = NodeType::file;
        ContentKind content = ContentKind::empty;
        bool first_link_found = false, is_reachable = false;
    };
    struct BlobFile {
        BlobId id{};
        std::uint64_t bytes = 0;
        bool is_used = false;
    };
    using Mend = std::function<void(Mender&)>;

    // inspection.cc
    void problem(std::string line);
    /// One that is mended, in the way that `how` says.
    void problem(std::string line, const char* how, const Mend& mend);
    bool is_mending() const { return mender_ != nullptr; }
    template <class Visit>
    void walk(kv::Table table, const char* what, std::uint64_t total, Visit&& visit);
    bool is_whole(kv::Table table) const { return !damaged_tables_.contains(table); }
    std::string label(NodeId node) const;
    std::string label(NodeId parent, std::string_view name) const;
    Node* find(NodeId node);
    static Node node_of(const NodeRecord& record);
    void note_id(std::uint64_t id);
    void put_in_lost_and_found(NodeRecord& record, const std::string& name);
    void drop_row(kv::Table table, std::string_view key, std::string line);

    // inspect_nodes.cc
    void read_orphans();
    void read_nodes();
    void inspect_inline(const NodeRecord& record);
    void inspect_blob(const NodeRecord& record);
    Node* remake(NodeId node, NodeType type);
    void inspect_inline_rows();
    void settle_damaged_nodes();
    void inspect_unused_blobs();
    void inspect_orphans();
    void inspect_owners();
    void inspect_meta();
    void inspect_changes();

    // inspect_names.cc
    void read_names();
    void inspect_name(std::string_view key, std::string_view value);
    Node* target_of(const Dentry& dentry);
    bool has_names(NodeId dir) const;
    void inspect_first_links();
    void inspect_nameless();
    void put_back(NodeId node);
    void inspect_reachability();
    bool reaches_root(Node& directory);
    void inspect_link_counts();
    void inspect_listings();
    void inspect_listed_name(NodeId parent, std::string_view name, const Dentry& dentry, std::set<std::string>& mended);
    void inspect_links();

    // inspect_index.cc
    void read_fields();
    void read_documents();
    void inspect_document(NodeId node, std::string_view bytes);
    void inspect_index();
    void inspect_terms(NodeId node, const Document& document);
    void inspect_index_entry(std::string_view key);
    const FieldRecord* field_of(const std::string& name, NodeId node, query::ClassSet classes);
    std::vector<IndexEntry> entries_of(NodeId node, const Document& document, bool inspecting);

    const View view_;
    const BlobFiles& blobs_;
    const Watch& watch_;
    Mender* const mender_;
    CheckReport report_;
    bool stopped_ = false;
    std::set<kv::Table> damaged_tables_;  ///< with pages that cannot be read: what was seen of them is not all

    std::uint64_t highest_id_ = 0;
    std::uint64_t node_rows_ = 0;
    std::vector<Node> nodes_;              ///< by id
    std::map<NodeId, Node> more_nodes_;    ///< made anew, or read after a damaged page
    std::set<NodeId> damaged_nodes_;       ///< whose records cannot be decoded
    std::vector<BlobFile> files_;          ///< by id
    std::set<NodeId> orphan_nodes_;
    std::set<BlobId> orphan_blobs_;
    Node* last_directory_ = nullptr;       ///< of the name before: names of one directory follow each other
    SetPrint expected_entries_, expected_links_, expected_index_;
    std::set<std::pair<NodeId, std::string>> taken_names_;  ///< that were given to nodes that had lost theirs
    std::map<std::string, FieldRecord, std::less<>> fields_;
    std::map<std::uint32_t, std::string> field_names_;
    std::uint32_t next_field_ = 1;
    std::set<NodeId> unreadable_documents_;
};

/// Visits all rows of a table, until a stop or a damaged page ends that.
template <class Visit>
void Inspection::walk(kv::Table table, const char* what, std::uint64_t total, Visit&& visit) {
    constexpr std::uint64_t kRowsBetween = 4096;
    std::uint64_t done = 0;
    const Status walked = view_.scan(table, "", "", [&](std::string_view key, std::string_view value) {
        visit(key, value);
        if (++done % kRowsBetween != 0) return true;
        watch_.tell(what, done, total);
        stopped_ = watch_.stop.stop_requested();
        return !stopped_;
    });
    if (walked || !damaged_tables_.insert(table).second) return;
    problem(walked.error().text());
}

}  // namespace asterope::storage

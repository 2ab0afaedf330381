#include "engine/storage/inspection.h"

/// Stages of an inspection: nodes with their contents, and what belongs to no node.
namespace asterope::storage {

using kv::Table;

namespace {

NodeId owner_of(std::string_view key) { return NodeId{u64_of(key.substr(0, 8))}; }

}  // namespace

void Inspection::read_orphans() {
    walk(Table::orphans, "orphans", 0, [&](auto key, auto) {
        if (key.size() == 9 && key[0] == 'n')
            orphan_nodes_.insert(NodeId{u64_of(key.substr(1))});
        else if (key.size() == 9 && key[0] == 'b')
            orphan_blobs_.insert(BlobId{u64_of(key.substr(1))});
        else
            drop_row(Table::orphans, key, "a record of something to be removed is damaged");
    });
}

void Inspection::read_nodes() {
    const std::uint64_t total = view_.number("node_count").value_or(0);
    nodes_.reserve(std::min<std::uint64_t>(total, 1u << 24));
    walk(Table::nodes, "nodes", total, [&](auto key, auto value) {
        ++node_rows_;
        ++report_.nodes;
        const NodeId node{u64_of(key)};
        note_id(raw(node));
        const auto record = decode_node(node, value);
        if (!record || (node == kRootNode && record->attr.type != NodeType::directory)) {
            damaged_nodes_.insert(node);
            return;
        }
        nodes_.push_back(node_of(*record));
        if (record->content == ContentKind::inlined) inspect_inline(*record);
        if (record->content == ContentKind::blob) inspect_blob(*record);
    });
    if (find(kRootNode) == nullptr && is_whole(Table::nodes)) remake(kRootNode, NodeType::directory);
}

void Inspection::inspect_inline(const NodeRecord& record) {
    const NodeId node = record.attr.node;
    const auto bytes = view_.reader().get(Table::inline_contents, node_key(node));
    if (!bytes) return problem(label(node) + ": " + bytes.error().text());
    if (!*bytes) return problem(label(node) + ": its content is missing");
    if (const std::uint64_t size = (*bytes)->size(); size != record.attr.size)
        problem(label(node) + ": its content has " + std::to_string(size) + " bytes, not " + std::to_string(record.attr.size),
                "its size corrected", [&](Mender& mender) { mender.record(node).attr.size = size; });
}

void Inspection::inspect_blob(const NodeRecord& record) {
    ++report_.blobs;
    const auto at = std::lower_bound(files_.begin(), files_.end(), record.blob, [](const BlobFile& f, BlobId id) { return f.id < id; });
    const bool listed = at != files_.end() && at->id == record.blob;
    const std::string blob = "blob " + std::to_string(raw(record.blob));
    if (!listed && !blobs_.open(record.blob, false)) return problem(label(record.attr.node) + ": " + blob + " is missing");
    if (!listed) return;  // on its way in
    if (at->is_used) problem(label(record.attr.node) + ": " + blob + " is another file's as well");
    if (at->bytes < record.attr.size) problem(label(record.attr.node) + ": " + blob + " is shorter than the file");
    at->is_used = true;
}

/// A record for a node that has lost its own; its content, if that is in the index, is kept.
Inspection::Node* Inspection::remake(NodeId node, NodeType type) {
    NodeRecord record = fresh_record(node, type);
    const auto bytes = view_.reader().get(Table::inline_contents, node_key(node));
    if (type != NodeType::directory && bytes && *bytes) {
        record.content = ContentKind::inlined;
        record.attr.size = (*bytes)->size();
    }
    const bool damaged = damaged_nodes_.erase(node) > 0;
    std::string line = label(node) + (damaged ? ": its record is damaged" : " has no record");
    if (damaged && type == NodeType::file && record.content == ContentKind::empty)
        line += ", so that its content is not known (if it was large, a blob that belongs to no file has it)";
    problem(std::move(line), type == NodeType::directory ? "made anew as a directory" : "made anew",
            [&](Mender& mender) { mender.set_record(record); });
    return &more_nodes_.insert_or_assign(node, node_of(record)).first->second;
}

void Inspection::inspect_inline_rows() {
    if (!is_whole(Table::nodes)) return;
    walk(Table::inline_contents, "small contents", 0, [&](auto key, auto) {
        const NodeId node = owner_of(key);
        const Node* const owner = find(node);
        if (key.size() == 8 && owner == nullptr)
            remake(node, NodeType::file);
        else if (key.size() != 8 || owner->content != ContentKind::inlined)
            drop_row(Table::inline_contents, key, "a content of " + label(node) + ", which has another");
    });
}

/// Those whose name and content are gone as well.
void Inspection::settle_damaged_nodes() {
    if (!is_whole(Table::names) || !is_whole(Table::nodes)) return;
    for (const NodeId node : damaged_nodes_)
        problem("node " + std::to_string(raw(node)) + ": its record is damaged, and it has no name", "removed",
                [&](Mender& mender) { mender.erase_record(node); });
}

void Inspection::inspect_unused_blobs() {
    if (!is_whole(Table::nodes)) return;  // any of them may belong to a node that was not seen
    for (const BlobFile& file : files_) {
        if (file.is_used || orphan_blobs_.contains(file.id) || !blobs_.open(file.id, false)) continue;
        const std::string number = std::to_string(raw(file.id));
        problem("blob " + number + " belongs to no file", "put into lost+found", [&](Mender& mender) {
            NodeRecord record = fresh_record(NodeId{mender.next_id()}, NodeType::file);
            record.attr.mode = 0600;
            record.attr.size = file.bytes;
            record.attr.blocks = (file.bytes + 511) / 512;
            record.content = ContentKind::blob;
            record.blob = file.id;
            put_in_lost_and_found(record, "#blob-" + number);
            mender.set_record(record);
        });
    }
}

void Inspection::inspect_orphans() {
    if (!is_whole(Table::nodes) || !is_whole(Table::names)) return;
    for (const NodeId node : orphan_nodes_) {
        const Node* const found = find(node);
        if (found == nullptr)
            drop_row(Table::orphans, orphan_key(node), "node " + std::to_string(raw(node)) + " is to be removed, and is not there");
        else if (found->names > 0)
            drop_row(Table::orphans, orphan_key(node), label(node) + " is to be removed, and has a name");
    }
    for (const BlobFile& file : files_)
        if (file.is_used && orphan_blobs_.contains(file.id))
            drop_row(Table::orphans, orphan_key(file.id), "blob " + std::to_string(raw(file.id)) + " is to be removed, and is a file's");
}

/// Rows of nodes that are not there, in tables that nothing else looks at.
void Inspection::inspect_owners() {
    if (!is_whole(Table::nodes)) return;
    const auto inspect = [&](Table table, const char* what) {
        walk(table, what, 0, [&](auto key, auto) {
            if (key.size() >= 8 && find(owner_of(key)) != nullptr) return;
            drop_row(table, key, std::string(what) + " of node " + std::to_string(raw(owner_of(key))) + ", which does not exist");
        });
    };
    inspect(Table::attrs, "attributes");
    inspect(Table::checksums, "checksum");
}

void Inspection::inspect_meta() {
    // A store in which nothing was ever made has no counter: only the root is there.
    if (const std::uint64_t limit = view_.number("id_limit").value_or(0); limit <= highest_id_ && highest_id_ != raw(kRootNode))
        problem("the counter of numbers is at " + std::to_string(limit) + ", and " + std::to_string(highest_id_) + " is in use",
                "corrected", [&](Mender& mender) { mender.batch().put(Table::meta, "id_limit", u64_key(highest_id_ + 1)); });
    if (!is_whole(Table::nodes)) return;
    if (const std::uint64_t count = view_.number("node_count").value_or(0); count != node_rows_)
        problem("the number of nodes is " + std::to_string(count) + ", and there are " + std::to_string(node_rows_), "corrected",
                [&](Mender& mender) { mender.batch().put(Table::meta, "node_count", u64_key(node_rows_)); });
}

void Inspection::inspect_changes() {
    walk(Table::changes, "change feed", 0, [&](auto key, auto value) {
        if (!decode_change(key, value)) drop_row(Table::changes, key, "an event of the change feed is damaged");
    });
}

}  // namespace asterope::storage

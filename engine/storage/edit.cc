#include "engine/storage/edit.h"

#include <algorithm>

#include "engine/core/limits.h"
#include "engine/serialization/msgpack.h"

namespace asterope::storage {

using kv::Table;

namespace {

constexpr std::uint64_t kFeedLength = 100'000;  ///< events that the feed keeps
constexpr std::uint64_t kFeedTrim = 1024;       ///< how many are dropped at a time

}  // namespace

void Outcome::add(Outcome&& later) {
    batch.add(later.batch);
    events.insert(events.end(), std::make_move_iterator(later.events.begin()), std::make_move_iterator(later.events.end()));
    const auto append = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    append(dropped_blobs, later.dropped_blobs);
    append(added_blobs, later.added_blobs);
    append(touched_directories, later.touched_directories);
    written_nodes.merge(later.written_nodes);
    changed_contents.merge(later.changed_contents);
}

Result<Edit::Held*> Edit::hold(NodeId id) {
    if (const auto at = nodes_.find(id); at != nodes_.end()) return &at->second;
    NodeRecord record = ASTEROPE_TRY(view_.node(id));
    return &nodes_.emplace(id, Held{record, record}).first->second;
}

Result<NodeRecord*> Edit::node(NodeId id) {
    Held* const held = ASTEROPE_TRY(hold(id));
    held->only_touched = false;
    return &held->record;
}

Result<NodeRecord*> Edit::directory(NodeId id) {
    NodeRecord* const record = &ASTEROPE_TRY(hold(id))->record;
    if (record->attr.type != NodeType::directory) return fail(Errc::not_dir);
    if (record->attr.nlink == 0) return fail(Errc::not_found, "the directory was removed");
    return record;
}

NodeRecord& Edit::add_node(const NodeRecord& record) {
    ++node_count_delta_;
    return nodes_.insert_or_assign(record.attr.node, Held{record, std::nullopt, false}).first->second.record;
}

void Edit::drop_node(NodeId id) {
    --node_count_delta_;
    nodes_.erase(id);
    dropped_nodes_.push_back(id);
}

void Edit::put_dentry(NodeId parent, std::string_view name, const Dentry& dentry) {
    batch().put(Table::names, name_key(parent, name), encode(dentry));
    batch().put(Table::entries, entry_key(parent, dentry.cookie), encode_entry(dentry, name));
}

void Edit::drop_dentry(NodeId parent, std::string_view name, std::uint64_t cookie) {
    batch().erase(Table::names, name_key(parent, name));
    batch().erase(Table::entries, entry_key(parent, cookie));
}

Status Edit::touch_directory(NodeId dir) {
    Attr& attr = ASTEROPE_TRY(hold(dir))->record.attr;
    // A transaction's edits are made again at its commit, when others may have touched the directory later.
    attr.mtime = std::max(attr.mtime, now_);
    attr.ctime = std::max(attr.ctime, now_);
    ++attr.version;
    return {};
}

/// The index entries of the fields of `document` that are not the same in `other`, in key order.
Result<std::vector<IndexEntry>> Edit::index_entries(NodeId node, const Document& document, const Document& other) {
    std::vector<IndexEntry> entries;
    for (const auto& [name, value] : document) {
        const Value* const counterpart = other.find(name);
        if (counterpart != nullptr && *counterpart == value) continue;
        if (name.size() > kv::kKeyBytesMax) continue;  // refused by set_document; old stores have none
        const auto known = fields_.find(name);
        const auto terms = query::terms_of(value, known ? known->declared : query::FieldType::undeclared);
        const FieldRecord record = ASTEROPE_TRY(fields_.ensure(name, query::primary_classes(terms)));
        for (const query::Term& term : terms) entries.push_back(index_entry(record.id, term, node));
    }
    sort_index_entries(entries);
    return entries;
}

Status Edit::set_document(NodeRecord& record, const Document& before, const Document& after) {
    for (const auto& [name, value] : after)
        if (name.size() > kv::kKeyBytesMax)
            return fail(Errc::name_too_long, "a field name is longer than 511 bytes");
    const std::string encoded = to_msgpack(after);
    if (encoded.size() > limits::kDocumentBytes) return fail(Errc::no_space, "the document is larger than 16 MiB");
    const NodeId id = record.attr.node;
    if (record.attr.type != NodeType::directory) {
        const auto old_entries = ASTEROPE_TRY(index_entries(id, before, after));
        const auto new_entries = ASTEROPE_TRY(index_entries(id, after, before));
        for (const IndexEntry& entry : old_entries)
            if (!std::binary_search(new_entries.begin(), new_entries.end(), entry)) batch().erase(Table::index, entry.key);
        for (const IndexEntry& entry : new_entries)
            if (!std::binary_search(old_entries.begin(), old_entries.end(), entry))
                batch().put(Table::index, entry.key, entry.value);
    }
    if (!after.empty()) {
        batch().put(Table::documents, node_key(id), encoded);
        record.had_document = true;
    } else if (!before.empty()) {
        batch().erase(Table::documents, node_key(id));
    }
    return {};
}

Status Edit::unindex(NodeRecord& record, const Document& document) {
    if (document.empty()) return {};
    ASTEROPE_TRY_STATUS(set_document(record, document, Document()));
    batch().put(Table::documents, node_key(record.attr.node), to_msgpack(document));
    return {};
}

void Edit::drop_blob(BlobId blob) {
    batch().put(Table::orphans, orphan_key(blob), "");
    outcome_.dropped_blobs.push_back(blob);
}

void Edit::set_inline_content(NodeRecord& record, std::string_view bytes) {
    const std::string key = node_key(record.attr.node);
    if (record.content == ContentKind::blob) {
        drop_blob(record.blob);
        batch().erase(Table::checksums, key);
    }
    if (!bytes.empty())
        batch().put(Table::inline_contents, key, bytes);
    else if (record.content == ContentKind::inlined)
        batch().erase(Table::inline_contents, key);
    record.content = bytes.empty() ? ContentKind::empty : ContentKind::inlined;
    record.blob = BlobId{};
    record.attr.size = bytes.size();
    record.attr.blocks = inline_blocks(bytes.size());
    ++record.content_version;
    outcome_.changed_contents.insert(record.attr.node);
}

void Edit::set_blob_content(NodeRecord& record, BlobId blob, std::uint64_t size, std::uint64_t blocks) {
    if (record.content == ContentKind::blob) drop_blob(record.blob);
    if (record.content == ContentKind::inlined) batch().erase(Table::inline_contents, node_key(record.attr.node));
    batch().refers_to(blob);
    outcome_.added_blobs.emplace_back(record.attr.node, blob);
    record.content = ContentKind::blob;
    record.blob = blob;
    record.attr.size = size;
    record.attr.blocks = blocks;
    ++record.content_version;
    outcome_.changed_contents.insert(record.attr.node);
}

Status Edit::purge(NodeId id) {
    batch().may_use_reserve();
    NodeRecord* const record = ASTEROPE_TRY(node(id));
    ASTEROPE_TRY_STATUS(set_document(*record, ASTEROPE_TRY(view_.document(id)), Document()));
    for (const std::string& name : ASTEROPE_TRY(view_.attribute_names(id))) batch().erase(Table::attrs, attr_key(id, name));
    if (record->content == ContentKind::inlined) batch().erase(Table::inline_contents, node_key(id));
    if (record->content == ContentKind::blob) {
        drop_blob(record->blob);
        batch().erase(Table::checksums, node_key(id));
    }
    batch().erase(Table::orphans, orphan_key(id));
    drop_node(id);
    return {};
}

void Edit::record(ChangeKind kind, NodeId node, Link at, std::optional<Link> from, bool inherited) {
    changes_.push_back({Sequence{}, kind, node, std::move(at), std::move(from), inherited});
}

Outcome Edit::finish(std::uint64_t next_change) {
    finish_nodes();
    finish_changes(next_change);
    return std::move(outcome_);
}

void Edit::finish_nodes() {
    for (const auto& [id, held] : nodes_) {
        if (held.before == held.record) continue;
        batch().put(Table::nodes, node_key(id), encode(held.record));
        if (held.only_touched)
            outcome_.touched_directories.push_back(id);
        else
            outcome_.written_nodes.insert(id);
    }
    for (const NodeId id : dropped_nodes_) {
        batch().erase(Table::nodes, node_key(id));
        outcome_.written_nodes.insert(id);
    }
    if (node_count_delta_ == 0) return;
    const auto count = view_.number("node_count").value_or(0);
    batch().put(Table::meta, "node_count", u64_key(count + static_cast<std::uint64_t>(node_count_delta_)));
}

void Edit::finish_changes(std::uint64_t next_change) {
    for (const Change& change : changes_) {
        if (next_change % kFeedTrim == 0 && next_change > kFeedLength)
            for (std::uint64_t old = next_change - kFeedLength; old-- > next_change - kFeedLength - kFeedTrim && old > 0;)
                batch().erase(Table::changes, u64_key(old));
        batch().put(Table::changes, u64_key(next_change++), encode(change));
    }
    outcome_.events = std::move(changes_);
}

}  // namespace asterope::storage

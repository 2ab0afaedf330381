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

std::uint64_t IdSource::next(kv::Batch& batch) {
    if (next_ == limit_) {
        limit_ += kBlock;
        batch.put(Table::meta, "id_limit", u64_key(limit_));
    }
    return next_++;
}

Result<NodeRecord*> Edit::node(NodeId id) {
    if (const auto at = nodes_.find(id); at != nodes_.end()) return &at->second;
    NodeRecord record = ASTEROPE_TRY(view_.node(id));
    return &nodes_.emplace(id, std::move(record)).first->second;
}

Result<NodeRecord*> Edit::directory(NodeId id) {
    NodeRecord* const record = ASTEROPE_TRY(node(id));
    if (record->attr.type != NodeType::directory) return fail(Errc::not_dir);
    if (record->attr.nlink == 0) return fail(Errc::not_found, "the directory was removed");
    return record;
}

NodeRecord& Edit::add_node(const NodeRecord& record) {
    ++node_count_delta_;
    return nodes_.insert_or_assign(record.attr.node, record).first->second;
}

void Edit::drop_node(NodeId id) {
    --node_count_delta_;
    nodes_.erase(id);
    dropped_nodes_.push_back(id);
}

void Edit::put_dentry(NodeId parent, std::string_view name, const Dentry& dentry) {
    batch_.put(Table::names, name_key(parent, name), encode(dentry));
    batch_.put(Table::entries, entry_key(parent, dentry.cookie), encode_entry(dentry, name));
}

void Edit::drop_dentry(NodeId parent, std::string_view name, std::uint64_t cookie) {
    batch_.erase(Table::names, name_key(parent, name));
    batch_.erase(Table::entries, entry_key(parent, cookie));
}

Status Edit::touch_directory(NodeId dir) {
    Attr& attr = ASTEROPE_TRY(node(dir))->attr;
    attr.mtime = attr.ctime = now_;
    ++attr.version;
    return {};
}

FieldRecord Edit::field(std::string_view name) {
    if (const auto known = fields_.find(name)) return *known;
    for (const auto& [added, record] : new_fields_)
        if (added == name) return record;
    const FieldRecord record{fields_.next_id() + static_cast<std::uint32_t>(new_fields_.size()), {}};
    new_fields_.emplace_back(name, record);
    batch_.put(Table::fields, name, encode(record));
    return record;
}

/// The index entries of the fields of `document` that are not the same in `other`, in key order.
std::vector<IndexEntry> Edit::index_entries(NodeId node, const Document& document, const Document& other) {
    std::vector<IndexEntry> entries;
    for (const auto& [name, value] : document) {
        const Value* const counterpart = other.find(name);
        if (counterpart != nullptr && *counterpart == value) continue;
        if (name.size() > kv::kKeyBytesMax) continue;  // refused by set_document; old stores have none
        const FieldRecord record = field(name);
        for (const query::Term& term : query::terms_of(value, record.declared))
            entries.push_back(index_entry(record.id, term, node));
    }
    // Two long terms of one array can be cut to the same key: the one entry then says all that both say.
    std::sort(entries.begin(), entries.end());
    const auto same_key = [](const IndexEntry& a, const IndexEntry& b) { return a.key == b.key; };
    entries.erase(std::unique(entries.begin(), entries.end(), same_key), entries.end());
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
        const auto old_entries = index_entries(id, before, after);
        const auto new_entries = index_entries(id, after, before);
        for (const IndexEntry& entry : old_entries)
            if (!std::binary_search(new_entries.begin(), new_entries.end(), entry)) batch_.erase(Table::index, entry.key);
        for (const IndexEntry& entry : new_entries)
            if (!std::binary_search(old_entries.begin(), old_entries.end(), entry))
                batch_.put(Table::index, entry.key, entry.value);
    }
    if (!after.empty()) {
        batch_.put(Table::documents, node_key(id), encoded);
        record.had_document = true;
    } else if (!before.empty()) {
        batch_.erase(Table::documents, node_key(id));
    }
    return {};
}

Status Edit::unindex(NodeRecord& record, const Document& document) {
    if (document.empty()) return {};
    ASTEROPE_TRY_STATUS(set_document(record, document, Document()));
    batch_.put(Table::documents, node_key(record.attr.node), to_msgpack(document));
    return {};
}

void Edit::drop_blob(BlobId blob) {
    batch_.put(Table::orphans, orphan_key(blob), "");
    dropped_blobs_.push_back(blob);
}

void Edit::record(ChangeKind kind, NodeId node, Link at, std::optional<Link> from, bool inherited) {
    changes_.push_back({Sequence{}, kind, node, std::move(at), std::move(from), inherited});
}

std::uint64_t Edit::finish(std::uint64_t next_change) {
    for (const auto& [id, record] : nodes_) batch_.put(Table::nodes, node_key(id), encode(record));
    for (const NodeId id : dropped_nodes_) batch_.erase(Table::nodes, node_key(id));
    if (node_count_delta_ != 0) {
        const auto count = view_.number("node_count").value_or(0);
        batch_.put(Table::meta, "node_count", u64_key(count + static_cast<std::uint64_t>(node_count_delta_)));
    }
    for (const Change& change : changes_) {
        if (next_change % kFeedTrim == 0 && next_change > kFeedLength)
            for (std::uint64_t old = next_change - kFeedLength; old-- > next_change - kFeedLength - kFeedTrim && old > 0;)
                batch_.erase(Table::changes, u64_key(old));
        batch_.put(Table::changes, u64_key(next_change++), encode(change));
    }
    return changes_.size();
}

}  // namespace asterope::storage

#include "engine/storage/view.h"

#include "engine/serialization/msgpack.h"

namespace asterope::storage {

using kv::Table;

Result<NodeRecord> View::node(NodeId node) const {
    const auto bytes = ASTEROPE_TRY(reader_.get(Table::nodes, node_key(node)));
    if (!bytes) return fail(Errc::not_found);
    return decode_node(node, *bytes);
}

Result<NamedNode> View::named_node(NodeId node) const {
    const auto bytes = ASTEROPE_TRY(reader_.get(Table::nodes, node_key(node)));
    if (!bytes) return fail(Errc::not_found);
    return decode_named_node(node, *bytes);
}

Result<Dentry> View::dentry(NodeId parent, std::string_view name) const {
    const auto bytes = ASTEROPE_TRY(reader_.get(Table::names, name_key(parent, name)));
    if (!bytes) return fail(Errc::not_found);
    return decode_dentry(*bytes);
}

Result<std::vector<DirEntry>> View::list(NodeId dir, std::uint64_t cookie, std::size_t count_max) const {
    std::vector<DirEntry> entries;
    Status damage;
    if (count_max == 0 || cookie == UINT64_MAX) return entries;
    ASTEROPE_TRY_STATUS(scan(Table::entries, node_key(dir), entry_key(dir, cookie + 1), [&](auto key, auto value) {
        auto entry = decode_entry(key, value);
        if (!entry) {
            damage = Unexpected(entry.error());
            return false;
        }
        entries.push_back(*std::move(entry));
        return entries.size() < count_max;
    }));
    if (!damage) return Unexpected(damage.error());
    return entries;
}

Result<bool> View::is_empty_directory(NodeId dir) const {
    bool empty = true;
    ASTEROPE_TRY_STATUS(scan(Table::entries, node_key(dir), node_key(dir), [&](auto, auto) { return empty = false; }));
    return empty;
}

Result<Document> View::document(NodeId node) const {
    const auto bytes = ASTEROPE_TRY(reader_.get(Table::documents, node_key(node)));
    if (!bytes) return Document();
    auto document = document_from_msgpack(*bytes);
    if (!document)
        return fail(Errc::corrupt, "damaged document of node " + std::to_string(raw(node)) + ": " + document.error().message);
    return document;
}

Result<std::optional<std::string>> View::attribute(NodeId node, std::string_view name) const {
    const auto bytes = ASTEROPE_TRY(reader_.get(Table::attrs, attr_key(node, name)));
    return bytes ? std::optional(std::string(*bytes)) : std::nullopt;
}

Result<std::vector<std::string>> View::attribute_names(NodeId node) const {
    std::vector<std::string> names;
    const std::string prefix = node_key(node);
    ASTEROPE_TRY_STATUS(scan(Table::attrs, prefix, prefix, [&](auto key, auto) {
        names.emplace_back(key.substr(prefix.size()));
        return true;
    }));
    return names;
}

Result<std::string> View::inline_content(NodeId node) const {
    const auto bytes = ASTEROPE_TRY(reader_.get(Table::inline_contents, node_key(node)));
    if (!bytes) return fail(Errc::corrupt, "content of node " + std::to_string(raw(node)) + " is missing");
    return std::string(*bytes);
}

Result<std::optional<Checksum>> View::checksum(NodeId id) const { return checksum(ASTEROPE_TRY(node(id))); }

Result<std::optional<Checksum>> View::checksum(const NodeRecord& record) const {
    if (record.attr.type != NodeType::file) return std::optional<Checksum>();
    if (record.content == ContentKind::empty) return std::optional(checksum_of({}));
    if (record.content == ContentKind::inlined) return std::optional(checksum_of(ASTEROPE_TRY(inline_content(record.attr.node))));
    const auto bytes = ASTEROPE_TRY(reader_.get(Table::checksums, node_key(record.attr.node)));
    if (!bytes) return std::optional<Checksum>();
    const ChecksumRecord known = ASTEROPE_TRY(decode_checksum(*bytes));
    return known.content_version == record.content_version ? std::optional(known.checksum) : std::nullopt;
}

Result<std::vector<Link>> View::links(NodeId node) const {
    std::vector<Link> links;
    const std::string prefix = node_key(node);
    ASTEROPE_TRY_STATUS(scan(Table::links, prefix, prefix, [&](auto key, auto) {
        key.remove_prefix(prefix.size());
        if (key.size() > 8) links.push_back({NodeId{u64_of(key.substr(0, 8))}, std::string(key.substr(8))});
        return true;
    }));
    return links;
}

Result<std::string> View::key(NodeId node_id) const {
    std::string key;
    for (std::size_t depth = 0; node_id != kRootNode; ++depth) {
        const NamedNode at = ASTEROPE_TRY(named_node(node_id));
        if (at.nlink == 0) return fail(Errc::stale);
        if (depth > 100'000) return fail(Errc::corrupt, "a directory contains itself");
        key.insert(0, std::string(at.name) + (key.empty() ? "" : "/"));
        node_id = at.parent;
    }
    return key;
}

Result<std::uint64_t> View::number(std::string_view name) const {
    const auto bytes = ASTEROPE_TRY(reader_.get(Table::meta, name));
    return bytes ? u64_of(*bytes) : 0;
}

}  // namespace asterope::storage

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/attr.h"
#include "engine/core/ids.h"
#include "engine/core/result.h"
#include "engine/core/volume.h"
#include "engine/storage/checksum.h"
#include "query/typing.h"

/// The layout of every key and value of a store. All integers are big-endian, so that byte order is numeric order.
///
///   table     key                              value
///   meta      name                             u64: "id_limit" (ids below it may be in use), "node_count", and those of the background work
///   names     u64 parent, name                 u64 node, u8 type, u64 cookie
///   entries   u64 parent, u64 cookie           u64 node, u8 type, name            (listings resume by cookie)
///   nodes     u64 node                         the fixed record of NodeRecord, then its first link's name
///   links     u64 node, u64 parent, name       empty                              (nodes with more than one name: all of them)
///   documents u64 node                         MessagePack map                    (absent when empty)
///   attrs     u64 node, attribute name         bytes
///   fields    field name                       u32 id, u8 declared type, u8 primary classes
///   index     u32 field, term, u64 node        empty, or u8 flags: 1 = second reading, 2 = cut
///   inline    u64 node                         content of a small file
///   orphans   'n' u64 node | 'b' u64 blob      empty                              (to remove when nobody has it open)
///   changes   u64 sequence                     an encoded Change
///   checksums u64 node                         u64 content_version that it covers, 16 bytes     (of a blob)
///
/// A term longer than kTermBytes is cut in its key; the document decides then (query/index_source.h, Posting::cut).
namespace asterope::storage {

constexpr std::size_t kTermBytes = 480;

enum class ContentKind : std::uint8_t { empty, inlined, blob };

/// Everything that the nodes table keeps of one node.
struct NodeRecord {
    Attr attr;
    ContentKind content = ContentKind::empty;
    BlobId blob{};
    std::uint64_t content_version = 0;  ///< grows with each commit of content
    bool had_document = false;  ///< it has had user attributes at some time (section "Replacing files" of fs/SEMANTICS.md)
    Link first_link;            ///< what its key is made of; a symlink's target is its inline content
    bool operator==(const NodeRecord&) const = default;
};

/// What a name leads to.
struct Dentry {
    NodeId node{};
    NodeType type = NodeType::file;
    std::uint64_t cookie = 0;
};

/// What a key is made of, read without the rest of the record.
struct NamedNode {
    NodeType type = NodeType::file;
    std::uint32_t nlink = 0;
    NodeId parent{};        ///< of the first link
    std::string_view name;  ///< of the first link; points into the record
};

/// The checksum of a blob, and which of its contents it is of.
struct ChecksumRecord {
    std::uint64_t content_version = 0;
    Checksum checksum{};
};

struct FieldRecord {
    std::uint32_t id = 0;
    query::FieldType declared = query::FieldType::undeclared;
    query::ClassSet primary_classes = 0;  ///< in which values of the field have been (query/index_source.h)
};

std::string u64_key(std::uint64_t number);
std::uint64_t u64_of(std::string_view key);

inline std::string node_key(NodeId node) { return u64_key(raw(node)); }
std::string name_key(NodeId parent, std::string_view name);
std::string entry_key(NodeId parent, std::uint64_t cookie);
std::string link_key(NodeId node, NodeId parent, std::string_view name);
std::string attr_key(NodeId node, std::string_view name);
std::string orphan_key(NodeId node);
std::string orphan_key(BlobId blob);

std::string encode(const Dentry& dentry);
std::string encode_entry(const Dentry& dentry, std::string_view name);
std::string encode(const NodeRecord& record);
std::string encode(const FieldRecord& record);
std::string encode(const Change& change);
std::string encode(const ChecksumRecord& record);

// Errors of all: corrupt
Result<Dentry> decode_dentry(std::string_view bytes);
Result<DirEntry> decode_entry(std::string_view key, std::string_view value);
Result<NodeRecord> decode_node(NodeId node, std::string_view bytes);
Result<NamedNode> decode_named_node(NodeId node, std::string_view bytes);
/// Whether it is the record of a file that has a name; false for a damaged one.
bool is_file_record(std::string_view bytes);
/// Whether it is the record of a node whose content is a blob; false for a damaged one.
bool is_blob_record(std::string_view bytes);
Result<FieldRecord> decode_field(std::string_view bytes);
Result<ChecksumRecord> decode_checksum(std::string_view bytes);
Result<Change> decode_change(std::string_view key, std::string_view value);

/// An index entry: `term` may be longer than kTermBytes.
struct IndexEntry {
    std::string key;
    std::string value;
    bool operator==(const IndexEntry&) const = default;
    auto operator<=>(const IndexEntry&) const = default;
};
/// The number of the field that an index entry is of. Requires: at least 4 bytes.
std::uint32_t field_of_index_key(std::string_view key);
/// What the keys of all index entries of a field begin with.
std::string field_prefix(std::uint32_t field);
/// Puts them in key order. Two long terms of one array can be cut to the same key: one entry then says what both say.
void sort_index_entries(std::vector<IndexEntry>& entries);
IndexEntry index_entry(std::uint32_t field, const query::Term& term, NodeId node);

constexpr std::uint8_t kIndexSecondary = 1;
constexpr std::uint8_t kIndexCut = 2;

}  // namespace asterope::storage

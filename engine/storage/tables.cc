#include "engine/storage/tables.h"

#include <algorithm>
#include <cstring>

namespace asterope::storage {
namespace {

class Writer {
  public:
    explicit Writer(std::size_t size_bytes = 0) { out_.reserve(size_bytes); }
    Writer& u8(std::uint8_t n) {
        out_ += static_cast<char>(n);
        return *this;
    }
    Writer& u32(std::uint32_t n) { return number(__builtin_bswap32(n)); }
    Writer& u64(std::uint64_t n) { return number(__builtin_bswap64(n)); }
    Writer& time(Timestamp t) { return u64(static_cast<std::uint64_t>(t.seconds)).u32(t.nanoseconds); }
    Writer& rest(std::string_view bytes) {
        out_ += bytes;
        return *this;
    }
    Writer& text(std::string_view bytes) { return u32(static_cast<std::uint32_t>(bytes.size())).rest(bytes); }
    std::string take() { return std::move(out_); }

  private:
    template <class Integer>
    Writer& number(Integer big_endian) {
        char bytes[sizeof big_endian];
        std::memcpy(bytes, &big_endian, sizeof bytes);
        out_.append(bytes, sizeof bytes);
        return *this;
    }
    std::string out_;
};

/// Reads what Writer wrote; ok() tells at the end if the bytes were enough.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}
    std::uint8_t u8() { return number<std::uint8_t>(); }
    std::uint32_t u32() { return __builtin_bswap32(number<std::uint32_t>()); }
    std::uint64_t u64() { return __builtin_bswap64(number<std::uint64_t>()); }
    Timestamp time() {
        const auto seconds = static_cast<std::int64_t>(u64());
        return {seconds, u32()};
    }
    std::string text() { return std::string(take(u32())); }
    std::string_view rest() { return take(bytes_.size()); }
    void skip(std::size_t count) { take(count); }
    bool at_end() const { return bytes_.empty(); }
    bool ok() const { return ok_; }

  private:
    std::string_view take(std::size_t count) {
        if (count > bytes_.size()) {
            ok_ = false;
            return {};
        }
        const std::string_view taken = bytes_.substr(0, count);
        bytes_.remove_prefix(count);
        return taken;
    }
    template <class Integer>
    Integer number() {
        Integer big_endian = 0;
        if (const std::string_view taken = take(sizeof big_endian); !taken.empty())
            std::memcpy(&big_endian, taken.data(), sizeof big_endian);
        return big_endian;
    }
    std::string_view bytes_;
    bool ok_ = true;
};

constexpr auto kNodeTypeMax = static_cast<std::uint8_t>(NodeType::block_device);
constexpr std::uint8_t kFlagHadDocument = 1;

/// Where the record of a node has what is read without the rest (encode(const NodeRecord&)).
constexpr std::size_t kNlinkAt = 15, kFirstLinkAt = 111;

void write_link(Writer& out, const Link& link) { out.u64(raw(link.parent)).text(link.name); }
Link read_link(Reader& in) {
    const NodeId parent{in.u64()};
    return {parent, in.text()};
}

}  // namespace

std::string u64_key(std::uint64_t number) { return Writer().u64(number).take(); }
std::uint64_t u64_of(std::string_view key) { return Reader(key).u64(); }

std::string name_key(NodeId parent, std::string_view name) { return Writer(8 + name.size()).u64(raw(parent)).rest(name).take(); }
std::string entry_key(NodeId parent, std::uint64_t cookie) { return Writer().u64(raw(parent)).u64(cookie).take(); }
std::string link_key(NodeId node, NodeId parent, std::string_view name) {
    return Writer().u64(raw(node)).u64(raw(parent)).rest(name).take();
}
std::string attr_key(NodeId node, std::string_view name) { return Writer().u64(raw(node)).rest(name).take(); }
std::string orphan_key(NodeId node) { return Writer().u8('n').u64(raw(node)).take(); }
std::string orphan_key(BlobId blob) { return Writer().u8('b').u64(raw(blob)).take(); }

std::string encode(const Dentry& dentry) {
    return Writer().u64(raw(dentry.node)).u8(static_cast<std::uint8_t>(dentry.type)).u64(dentry.cookie).take();
}

Result<Dentry> decode_dentry(std::string_view bytes) {
    Reader in(bytes);
    Dentry dentry;
    dentry.node = NodeId{in.u64()};
    const std::uint8_t type = in.u8();
    dentry.cookie = in.u64();
    if (!in.ok() || type > kNodeTypeMax) return fail(Errc::corrupt, "damaged directory entry");
    dentry.type = static_cast<NodeType>(type);
    return dentry;
}

std::string encode_entry(const Dentry& dentry, std::string_view name) {
    return Writer().u64(raw(dentry.node)).u8(static_cast<std::uint8_t>(dentry.type)).rest(name).take();
}

Result<DirEntry> decode_entry(std::string_view key, std::string_view value) {
    Reader at(key), in(value);
    at.u64();
    DirEntry entry;
    entry.cookie = at.u64();
    entry.node = NodeId{in.u64()};
    const std::uint8_t type = in.u8();
    entry.name = in.rest();
    if (!at.ok() || !in.ok() || type > kNodeTypeMax) return fail(Errc::corrupt, "damaged directory entry");
    entry.type = static_cast<NodeType>(type);
    return entry;
}

std::string encode(const NodeRecord& record) {
    const Attr& attr = record.attr;
    Writer out(kFirstLinkAt + 8 + record.first_link.name.size());
    out.u8(static_cast<std::uint8_t>(attr.type)).u8(static_cast<std::uint8_t>(record.content));
    out.u8(record.had_document ? kFlagHadDocument : 0);
    out.u32(attr.mode).u32(attr.uid).u32(attr.gid).u32(attr.nlink).u32(attr.rdev);
    out.u64(attr.size).u64(attr.blocks);
    out.time(attr.atime).time(attr.mtime).time(attr.ctime).time(attr.btime);
    out.u64(attr.version).u64(raw(record.blob)).u64(record.content_version);
    out.u64(raw(record.first_link.parent)).rest(record.first_link.name);
    return out.take();
}

Result<NodeRecord> decode_node(NodeId node, std::string_view bytes) {
    Reader in(bytes);
    NodeRecord record;
    Attr& attr = record.attr;
    attr.node = node;
    const std::uint8_t type = in.u8(), content = in.u8();
    record.had_document = (in.u8() & kFlagHadDocument) != 0;
    attr.mode = in.u32();
    attr.uid = in.u32();
    attr.gid = in.u32();
    attr.nlink = in.u32();
    attr.rdev = in.u32();
    attr.size = in.u64();
    attr.blocks = in.u64();
    attr.atime = in.time();
    attr.mtime = in.time();
    attr.ctime = in.time();
    attr.btime = in.time();
    attr.version = in.u64();
    record.blob = BlobId{in.u64()};
    record.content_version = in.u64();
    record.first_link.parent = NodeId{in.u64()};
    record.first_link.name = in.rest();
    if (!in.ok() || type > kNodeTypeMax || content > static_cast<std::uint8_t>(ContentKind::blob))
        return fail(Errc::corrupt, "damaged record of node " + std::to_string(raw(node)));
    attr.type = static_cast<NodeType>(type);
    record.content = static_cast<ContentKind>(content);
    return record;
}

Result<NamedNode> decode_named_node(NodeId node, std::string_view bytes) {
    Reader in(bytes);
    NamedNode named;
    const std::uint8_t type = in.u8();
    in.skip(kNlinkAt - 1);
    named.nlink = in.u32();
    in.skip(kFirstLinkAt - kNlinkAt - 4);
    named.parent = NodeId{in.u64()};
    named.name = in.rest();
    if (!in.ok() || type > kNodeTypeMax) return fail(Errc::corrupt, "damaged record of node " + std::to_string(raw(node)));
    named.type = static_cast<NodeType>(type);
    return named;
}

bool is_file_record(std::string_view bytes) {
    if (bytes.size() < kFirstLinkAt + 8) return false;
    const auto type = static_cast<std::uint8_t>(bytes.front());
    return type <= kNodeTypeMax && type != static_cast<std::uint8_t>(NodeType::directory) &&
           Reader(bytes.substr(kNlinkAt)).u32() > 0;
}

bool is_blob_record(std::string_view bytes) {
    return bytes.size() >= kFirstLinkAt + 8 && static_cast<ContentKind>(bytes[1]) == ContentKind::blob;
}

std::string encode(const FieldRecord& record) {
    return Writer().u32(record.id).u8(static_cast<std::uint8_t>(record.declared)).u8(record.primary_classes).take();
}

Result<FieldRecord> decode_field(std::string_view bytes) {
    Reader in(bytes);
    FieldRecord record;
    record.id = in.u32();
    record.declared = static_cast<query::FieldType>(in.u8());
    record.primary_classes = in.at_end() ? query::kAllClasses : in.u8();
    if (!in.ok() || record.declared > query::FieldType::boolean) return fail(Errc::corrupt, "damaged field record");
    return record;
}

std::string encode(const Change& change) {
    Writer out;
    out.u8(static_cast<std::uint8_t>(change.kind)).u64(raw(change.node)).u8(change.inherited ? 1 : 0);
    write_link(out, change.at);
    if (change.from) write_link(out, *change.from);
    return out.take();
}

Result<Change> decode_change(std::string_view key, std::string_view value) {
    Reader at(key), in(value);
    Change change;
    change.sequence = Sequence{at.u64()};
    const std::uint8_t kind = in.u8();
    change.node = NodeId{in.u64()};
    change.inherited = in.u8() != 0;
    change.at = read_link(in);
    if (!at.ok() || !in.ok() || kind > static_cast<std::uint8_t>(ChangeKind::attributes))
        return fail(Errc::corrupt, "damaged change record");
    change.kind = static_cast<ChangeKind>(kind);
    if (change.kind == ChangeKind::renamed) {
        change.from = read_link(in);
        if (!in.ok()) return fail(Errc::corrupt, "damaged change record");
    }
    return change;
}

std::string encode(const ChecksumRecord& record) {
    return Writer().u64(record.content_version).rest(bytes_of(record.checksum)).take();
}

Result<ChecksumRecord> decode_checksum(std::string_view bytes) {
    Reader in(bytes);
    ChecksumRecord record;
    record.content_version = in.u64();
    const std::string_view sum = in.rest();
    if (!in.ok() || sum.size() != record.checksum.size()) return fail(Errc::corrupt, "damaged checksum record");
    std::memcpy(record.checksum.data(), sum.data(), sum.size());
    return record;
}

std::uint32_t field_of_index_key(std::string_view key) { return Reader(key).u32(); }

std::string field_prefix(std::uint32_t field) { return Writer().u32(field).take(); }

void sort_index_entries(std::vector<IndexEntry>& entries) {
    std::sort(entries.begin(), entries.end());
    const auto same_key = [](const IndexEntry& a, const IndexEntry& b) { return a.key == b.key; };
    entries.erase(std::unique(entries.begin(), entries.end(), same_key), entries.end());
}

IndexEntry index_entry(std::uint32_t field, const query::Term& term, NodeId node) {
    const bool cut = term.bytes.size() > kTermBytes;
    IndexEntry entry;
    entry.key = Writer().u32(field).rest(std::string_view(term.bytes).substr(0, kTermBytes)).u64(raw(node)).take();
    const auto flags = static_cast<std::uint8_t>((term.primary ? 0 : kIndexSecondary) | (cut ? kIndexCut : 0));
    if (flags != 0) entry.value = std::string(1, static_cast<char>(flags));
    return entry;
}

}  // namespace asterope::storage

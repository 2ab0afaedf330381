#include "engine/storage/kv/journal_format.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/storage/kv/bytes.h"

namespace asterope::kv {
namespace {

constexpr std::string_view kMagic = "ASTRJNL";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderLinkAt = kSegmentHeaderBytes - sizeof(std::uint64_t);

constexpr std::size_t kSequenceAt = 8;
constexpr std::size_t kPayloadBytesAt = 16;
constexpr std::size_t kBlobCountAt = 20;
constexpr std::size_t kKindAt = 24;

std::uint64_t link_of(const char* record, std::size_t bytes, std::uint64_t previous_link) {
    return XXH3_64bits_withSeed(record + sizeof(std::uint64_t), bytes - sizeof(std::uint64_t), previous_link);
}

}  // namespace

BlobId Record::blob(std::size_t i) const {
    return BlobId{load<std::uint64_t>(blob_bytes.data() + 8 * i)};
}

std::string encode_header(SegmentHeader& header) {
    std::string bytes(kMagic);
    append(bytes, kVersion);
    append(bytes, header.id);
    append(bytes, header.first_sequence);
    append(bytes, header.previous_id);
    append(bytes, header.previous_link);
    append(bytes, header.nonce);
    header.link = XXH3_64bits(bytes.data(), bytes.size());
    append(bytes, header.link);
    return bytes;
}

HeaderState decode_header(std::string_view bytes, SegmentHeader& header) {
    if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kMagic)) return HeaderState::none;
    const char* at = bytes.data();
    header.link = load<std::uint64_t>(at + kHeaderLinkAt);
    if (header.link != XXH3_64bits(at, kHeaderLinkAt)) return HeaderState::none;
    if (static_cast<std::uint8_t>(bytes[kMagic.size()]) > kVersion) return HeaderState::newer;
    header.id = load<std::uint64_t>(at + 8);
    header.first_sequence = load<std::uint64_t>(at + 16);
    header.previous_id = load<std::uint64_t>(at + 24);
    header.previous_link = load<std::uint64_t>(at + 32);
    header.nonce = load<std::uint64_t>(at + 40);
    return HeaderState::whole;
}

std::size_t record_bytes(std::size_t blob_count, std::size_t payload_bytes) {
    return kRecordHeadBytes + blob_count * sizeof(std::uint64_t) + payload_bytes;
}

std::uint64_t encode_record(char* at, RecordKind kind, std::uint64_t sequence, std::span<const BlobId> blobs,
                            std::string_view payload, std::uint64_t previous_link) {
    store(at + kSequenceAt, sequence);
    store(at + kPayloadBytesAt, static_cast<std::uint32_t>(payload.size()));
    store(at + kBlobCountAt, static_cast<std::uint32_t>(blobs.size()));
    store(at + kKindAt, static_cast<std::uint32_t>(kind));
    char* to = at + kRecordHeadBytes;
    for (const BlobId blob : blobs) {
        store(to, raw(blob));
        to += sizeof(std::uint64_t);
    }
    if (!payload.empty()) std::memcpy(to, payload.data(), payload.size());
    return relink_record(at, record_bytes(blobs.size(), payload.size()), previous_link);
}

RecordShape record_shape(const char* at) {
    return {static_cast<RecordKind>(load<std::uint32_t>(at + kKindAt)), load<std::uint64_t>(at + kSequenceAt),
            record_bytes(load<std::uint32_t>(at + kBlobCountAt), load<std::uint32_t>(at + kPayloadBytesAt))};
}

std::uint64_t relink_record(char* at, std::size_t bytes, std::uint64_t previous_link) {
    const std::uint64_t link = link_of(at, bytes, previous_link);
    store(at, link);
    return link;
}

std::optional<Record> decode_record(std::string_view bytes, std::uint64_t previous_link) {
    if (bytes.size() < kRecordHeadBytes) return std::nullopt;
    const char* at = bytes.data();
    Record record;
    record.link = load<std::uint64_t>(at);
    record.sequence = load<std::uint64_t>(at + kSequenceAt);
    record.blob_count = load<std::uint32_t>(at + kBlobCountAt);
    const std::size_t payload_bytes = load<std::uint32_t>(at + kPayloadBytesAt);
    record.bytes = record_bytes(record.blob_count, payload_bytes);
    if (record.bytes > bytes.size() || record.link != link_of(at, record.bytes, previous_link))
        return std::nullopt;

    const auto kind = load<std::uint32_t>(at + kKindAt);
    if (kind != 1 && kind != 2) return std::nullopt;
    record.kind = static_cast<RecordKind>(kind);
    record.blob_bytes = bytes.substr(kRecordHeadBytes, record.blob_count * sizeof(std::uint64_t));
    record.payload = bytes.substr(kRecordHeadBytes + record.blob_bytes.size(), payload_bytes);
    return record;
}

}  // namespace asterope::kv

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/ids.h"

/// The journal's bytes. A journal is a set of segment files; all integers are little-endian.
///
///     segment = header { record } rest            -- rest: zeros, or what an earlier use of the file left
///     header  = MAGIC id:u64 first_sequence:u64 previous_id:u64 previous_link:u64 nonce:u64 link:u64    -- 56 bytes
///     MAGIC   = "ASTRJNL" version:u8                -- version 1
///     record  = link:u64 sequence:u64 payload_bytes:u32 blob_count:u32 kind:u32 { blob:u64 } payload
///     kind    = 1 batch: payload = operations (batch.h); with blobs it is *marked*: their bytes may not be durable yet
///             | 2 blobs_durable: the blobs of all batches up to `sequence` are durable; no blobs, no payload
///
/// `link` of a header is XXH3-64 of the 48 bytes before it. `link` of a record is XXH3-64 of the rest of the record
/// with the link of the record before it (or of the header) as seed. So a record counts only as the continuation of
/// exactly the bytes before it: what an earlier use of the file left behind never does.
///
/// `first_sequence` is the lowest sequence of a batch that the segment may hold. A segment continues the one with
/// `previous_id`, after the record whose link is `previous_link`: what follows that record there is superseded.
/// previous_id 0: it continues nothing. Sequences of batches are consecutive along the chain.
///
/// Example: segment 1 of an empty store with the batch put(names, "ab", "xyz") as sequence 1 (tests/kv/journal_format_test.cc)
///
///     41 53 54 52 4a 4e 4c 01  01 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00  (previous_id) 00…  (previous_link) 00…
///     (nonce) 2a 00 00 00 00 00 00 00  (link) 7a dc 7e 64 28 0b 12 ec
///     (link) a2 7c b4 c3 79 27 b8 a8  01 00 00 00 00 00 00 00  0c 00 00 00  00 00 00 00  01 00 00 00
///     01 02 00 03 00 00 00 61 62 78 79 7a
namespace asterope::kv {

constexpr std::size_t kSegmentHeaderBytes = 56;
constexpr std::size_t kRecordHeadBytes = 28;

struct SegmentHeader {
    std::uint64_t id = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t previous_id = 0;
    std::uint64_t previous_link = 0;
    std::uint64_t nonce = 0;
    std::uint64_t link = 0;  ///< filled by encode and decode
};

enum class RecordKind : std::uint32_t { batch = 1, blobs_durable = 2 };

struct Record {
    std::uint64_t link = 0;
    std::uint64_t sequence = 0;
    RecordKind kind = RecordKind::batch;
    std::uint32_t blob_count = 0;
    std::string_view blob_bytes;
    std::string_view payload;
    std::size_t bytes = 0;  ///< of the whole record

    bool marked() const { return blob_count != 0; }
    BlobId blob(std::size_t i) const;
};

/// Sets header.link.
std::string encode_header(SegmentHeader& header);
enum class HeaderState { none, whole, newer };  ///< newer: a later version of the format
HeaderState decode_header(std::string_view bytes, SegmentHeader& header);

std::size_t record_bytes(std::size_t blob_count, std::size_t payload_bytes);
/// Writes the record to `at`, which has room for record_bytes(). Returns its link.
std::uint64_t encode_record(char* at, RecordKind kind, std::uint64_t sequence, std::span<const BlobId> blobs,
                            std::string_view payload, std::uint64_t previous_link);
struct RecordShape {
    RecordKind kind{};
    std::uint64_t sequence = 0;
    std::size_t bytes = 0;
};
/// Of a record that encode_record() made.
RecordShape record_shape(const char* at);
/// Gives the encoded record at `at` another predecessor. Returns its new link.
std::uint64_t relink_record(char* at, std::size_t bytes, std::uint64_t previous_link);
/// The record at the start of `bytes`; nullopt unless it is whole and continues `previous_link`.
/// Lifetime: points into `bytes`.
std::optional<Record> decode_record(std::string_view bytes, std::uint64_t previous_link);

}  // namespace asterope::kv

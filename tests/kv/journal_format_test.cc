#include "engine/storage/kv/journal_format.h"

#include <xxhash.h>

#include <cstring>

#include "engine/storage/kv/batch.h"
#include "tests/kv/support.h"

namespace asterope::kv::test {
namespace {

SegmentHeader first_header() {
    SegmentHeader header;
    header.id = 1;
    header.first_sequence = 1;
    header.nonce = 42;
    return header;
}

std::string record_after(std::uint64_t link, std::uint64_t sequence, std::string_view payload,
                         std::vector<BlobId> blobs = {}) {
    std::string bytes(record_bytes(blobs.size(), payload.size()), '\0');
    encode_record(bytes.data(), RecordKind::batch, sequence, blobs, payload, link);
    return bytes;
}

TEST(JournalFormat, HeaderIsEncodedAsTheHeaderFileSays) {
    SegmentHeader header = first_header();
    const std::string bytes = encode_header(header);
    ASSERT_EQ(kSegmentHeaderBytes, bytes.size());
    EXPECT_EQ(std::string("ASTRJNL\1", 8), bytes.substr(0, 8));
    EXPECT_EQ(std::string("\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 16), bytes.substr(8, 16));
    EXPECT_EQ(std::string("\x2a\0\0\0\0\0\0\0", 8), bytes.substr(40, 8));
    EXPECT_EQ(XXH3_64bits(bytes.data(), 48), header.link);
    EXPECT_EQ(0xec120b28647edc7au, header.link);
}

TEST(JournalFormat, HeaderComesBack) {
    SegmentHeader header{7, 100, 6, 0x1234, 99, 0};
    const std::string bytes = encode_header(header);
    SegmentHeader found;
    ASSERT_EQ(HeaderState::whole, decode_header(bytes, found));
    EXPECT_EQ(bytes, encode_header(found));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 4);
        EXPECT_EQ(HeaderState::none, decode_header(damaged, found)) << i;
        EXPECT_EQ(HeaderState::none, decode_header(std::string_view(bytes).substr(0, i), found));
    }
}

TEST(JournalFormat, ANewerVersionIsToldFromDamage) {
    SegmentHeader header = first_header();
    std::string bytes = encode_header(header);
    bytes[7] = 2;
    const std::uint64_t link = XXH3_64bits(bytes.data(), 48);
    std::memcpy(bytes.data() + 48, &link, 8);
    EXPECT_EQ(HeaderState::newer, decode_header(bytes, header));
}

TEST(JournalFormat, RecordIsEncodedAsTheHeaderFileSays) {
    Batch batch;
    batch.put(Table::names, "ab", "xyz");
    SegmentHeader header = first_header();
    encode_header(header);
    const std::string bytes = record_after(header.link, 1, batch.encoded());
    const std::string expected(
        "\1\0\0\0\0\0\0\0\x0c\0\0\0\0\0\0\0\1\0\0\0"
        "\1\2\0\3\0\0\0abxyz",
        32);
    EXPECT_EQ(expected, bytes.substr(8));
    const std::uint64_t link = XXH3_64bits_withSeed(bytes.data() + 8, bytes.size() - 8, header.link);
    EXPECT_EQ(link, decode_record(bytes, header.link)->link);
    EXPECT_EQ(0xa8b82779c3b47ca2u, link);
}

TEST(JournalFormat, RecordCountsOnlyAfterItsPredecessor) {
    const std::string bytes = record_after(5, 9, "payload", {BlobId{3}, BlobId{4}});
    const auto record = decode_record(bytes, 5);
    ASSERT_TRUE(record);
    EXPECT_EQ(9u, record->sequence);
    EXPECT_TRUE(record->marked());
    EXPECT_EQ(BlobId{4}, record->blob(1));
    EXPECT_EQ("payload", record->payload);
    EXPECT_FALSE(decode_record(bytes, 6));
}

TEST(JournalFormat, EveryDamagedOrMissingByteOfARecordIsNoticed) {
    const std::string bytes = record_after(5, 9, "payload", {BlobId{3}});
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string damaged = bytes;
            damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
            EXPECT_FALSE(decode_record(damaged, 5));
        }
        EXPECT_FALSE(decode_record(std::string_view(bytes).substr(0, i), 5));
    }
}

TEST(JournalFormat, ZerosAreNoRecord) {
    const std::string zeros(4096, '\0');
    for (std::uint64_t link = 0; link < 1000; ++link) EXPECT_FALSE(decode_record(zeros, link));
}

}  // namespace
}  // namespace asterope::kv::test

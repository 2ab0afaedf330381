#include "engine/storage/kv/batch.h"

#include <limits>

#include "engine/storage/kv/bytes.h"

namespace asterope::kv {
namespace {

constexpr std::uint8_t kEraseBit = 0x80;
constexpr std::size_t kEraseHeadBytes = 3;
constexpr std::size_t kPutHeadBytes = 7;

void check_key(std::string_view key) {
    ASTEROPE_CHECK(!key.empty() && key.size() <= kKeyBytesMax);
}

}  // namespace

void Batch::put(Table table, std::string_view key, std::string_view value) {
    check_key(key);
    ASTEROPE_CHECK(value.size() <= std::numeric_limits<std::uint32_t>::max());
    append(encoded_, static_cast<std::uint8_t>(table));
    append(encoded_, static_cast<std::uint16_t>(key.size()));
    append(encoded_, static_cast<std::uint32_t>(value.size()));
    encoded_.append(key).append(value);
    ++count_;
}

void Batch::erase(Table table, std::string_view key) {
    check_key(key);
    append(encoded_, static_cast<std::uint8_t>(static_cast<unsigned>(table) | kEraseBit));
    append(encoded_, static_cast<std::uint16_t>(key.size()));
    encoded_.append(key);
    ++count_;
}

void Batch::add(const Batch& later) {
    encoded_ += later.encoded_;
    count_ += later.count_;
    blobs_.insert(blobs_.end(), later.blobs_.begin(), later.blobs_.end());
    uses_reserve_ = uses_reserve_ || later.uses_reserve_;
}

bool OperationReader::next(Operation& operation) {
    if (rest_.empty()) return false;
    const auto tag = static_cast<std::uint8_t>(rest_[0]);
    operation.erased = (tag & kEraseBit) != 0;
    const int table = tag & ~kEraseBit;
    const std::size_t head = operation.erased ? kEraseHeadBytes : kPutHeadBytes;
    if (table >= kTableCount || rest_.size() < head) return damage();
    operation.table = static_cast<Table>(table);

    const std::size_t key_bytes = load<std::uint16_t>(rest_.data() + 1);
    const std::size_t value_bytes = operation.erased ? 0 : load<std::uint32_t>(rest_.data() + 3);
    if (key_bytes == 0 || key_bytes > kKeyBytesMax || rest_.size() - head < key_bytes + value_bytes)
        return damage();
    operation.key = rest_.substr(head, key_bytes);
    operation.value = rest_.substr(head + key_bytes, value_bytes);
    rest_.remove_prefix(head + key_bytes + value_bytes);
    return true;
}

}  // namespace asterope::kv

#include "engine/storage/kv/write_buffer.h"

#include <algorithm>

namespace asterope::kv {
namespace {

std::size_t chunk_bytes(std::size_t size_bytes) {
    return std::clamp<std::size_t>(size_bytes / 32, 8u << 10, 1u << 20);
}

}  // namespace

WriteBuffer::WriteBuffer(std::size_t size_bytes)
    : arena_(chunk_bytes(size_bytes)),
      lists_(make_lists(arena_, std::make_index_sequence<kTableCount>())),
      empty_bytes_(arena_.bytes()) {}

Status WriteBuffer::apply(std::uint64_t sequence, std::string_view operations) {
    OperationReader reader(operations);
    for (Operation operation; reader.next(operation);) {
        lists_[static_cast<std::size_t>(operation.table)].insert(operation.key, sequence, operation.erased,
                                                                 operation.value);
    }
    last_sequence_ = sequence;
    if (reader.damaged()) return fail(Errc::corrupt, "batch " + std::to_string(sequence) + " is malformed");
    return {};
}

}  // namespace asterope::kv

#include "engine/storage/kv/record_memory.h"

#include <algorithm>
#include <utility>

namespace asterope::kv {
namespace {
constexpr std::size_t kChunkBytes = 256u << 10;
}

char* RecordMemory::add(std::size_t bytes) {
    const bool fits = !chunks_.empty() && chunks_.back().group == group_ &&
                      chunks_.back().capacity - chunks_.back().used >= bytes;
    if (!fits) chunks_.push_back(make_chunk(bytes));
    Chunk& chunk = chunks_.back();
    char* at = chunk.bytes.get() + chunk.used;
    chunk.used += bytes;
    return at;
}

void RecordMemory::undo(std::size_t bytes) {
    chunks_.back().used -= bytes;
}

RecordMemory::Mark RecordMemory::mark() {
    return ++group_;
}

void RecordMemory::drop_before(Mark mark) {
    while (!chunks_.empty() && chunks_.front().group < mark) {
        if (chunks_.front().capacity == kChunkBytes) spare_ = std::move(chunks_.front());
        chunks_.pop_front();
    }
}

Status RecordMemory::for_each(const std::function<Result<std::size_t>(char*)>& visit) {
    for (Chunk& chunk : chunks_) {
        for (std::size_t at = 0; at < chunk.used;) at += ASTEROPE_TRY(visit(chunk.bytes.get() + at));
    }
    return {};
}

RecordMemory::Chunk RecordMemory::make_chunk(std::size_t bytes) {
    Chunk chunk;
    if (bytes <= kChunkBytes && spare_.bytes) {
        chunk = std::exchange(spare_, Chunk{});
    } else {
        chunk.capacity = std::max(bytes, kChunkBytes);
        chunk.bytes = std::make_unique_for_overwrite<char[]>(chunk.capacity);
    }
    chunk.used = 0;
    chunk.group = group_;
    return chunk;
}

}  // namespace asterope::kv

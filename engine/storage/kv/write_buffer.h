#pragma once

#include <array>
#include <cstdint>

#include "engine/storage/kv/arena.h"
#include "engine/storage/kv/batch.h"
#include "engine/storage/kv/skip_list.h"

namespace asterope::kv {

/// The batches that are in the journal and not in the tree yet, as versions of keys.
/// Threads: one apply() at a time; readers at any time see all batches whose sequence was published after apply().
class WriteBuffer {
  public:
    /// `size_bytes`: about how large it will become.
    explicit WriteBuffer(std::size_t size_bytes);

    /// Errors: corrupt (malformed operations; those before the malformed one are in)
    Status apply(std::uint64_t sequence, std::string_view operations);

    const SkipList& list(Table table) const { return lists_[static_cast<std::size_t>(table)]; }
    std::size_t bytes() const { return arena_.bytes() - empty_bytes_; }
    /// Of the latest batch; 0 = empty. Only for who also calls apply().
    std::uint64_t last_sequence() const { return last_sequence_; }

    /// What a batch will take at most, chunks aside.
    static std::size_t cost(std::size_t encoded_bytes, std::size_t entry_count) {
        return encoded_bytes + entry_count * SkipList::kEntryOverheadBytes;
    }

  private:
    template <std::size_t... I>
    static std::array<SkipList, sizeof...(I)> make_lists(Arena& arena, std::index_sequence<I...>) {
        return {((void)I, SkipList(arena))...};
    }

    Arena arena_;
    std::array<SkipList, kTableCount> lists_;
    std::size_t empty_bytes_;
    std::uint64_t last_sequence_ = 0;
};

}  // namespace asterope::kv

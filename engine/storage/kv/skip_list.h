#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "engine/storage/kv/arena.h"

namespace asterope::kv {

/// The versions of the keys of one table, ordered by key, then by falling sequence.
/// A version that is inserted again with the same key and sequence comes before the earlier one.
/// Threads:  one insert at a time; any number of readers at the same time, without locks.
/// Lifetime: entries live as long as the arena.
class SkipList {
  public:
    struct Entry {
        std::uint64_t sequence;
        std::uint32_t value_bytes;
        std::uint16_t key_bytes;
        std::uint8_t height;
        bool erased;
        // std::atomic<Entry*> next[height], key, value follow.

        std::string_view key() const { return {bytes(), key_bytes}; }
        std::string_view value() const { return {bytes() + key_bytes, value_bytes}; }
        const Entry* next() const { return links()[0].load(std::memory_order_acquire); }

      private:
        friend class SkipList;
        std::atomic<Entry*>* links() { return reinterpret_cast<std::atomic<Entry*>*>(this + 1); }
        const std::atomic<Entry*>* links() const {
            return reinterpret_cast<const std::atomic<Entry*>*>(this + 1);
        }
        char* bytes() { return reinterpret_cast<char*>(links() + height); }
        const char* bytes() const { return reinterpret_cast<const char*>(links() + height); }
    };

    explicit SkipList(Arena& arena);
    SkipList(const SkipList&) = delete;
    SkipList& operator=(const SkipList&) = delete;

    void insert(std::string_view key, std::uint64_t sequence, bool erased, std::string_view value);

    bool empty() const { return first() == nullptr; }
    const Entry* first() const { return head_->next(); }
    const Entry* last() const;
    /// The first entry at or after (key, sequence); nullptr if there is none.
    const Entry* find(std::string_view key, std::uint64_t sequence) const;
    /// The last entry with a key below `key`; nullptr if there is none.
    const Entry* before(std::string_view key) const;

    /// About what an entry costs besides its key and value.
    static constexpr std::size_t kEntryOverheadBytes = 32;

  private:
    static constexpr int kHeightMax = 12;

    Entry* make_entry(std::size_t key_bytes, std::size_t value_bytes, int height);
    int random_height();

    Arena& arena_;
    Entry* head_;
    std::atomic<int> height_{1};
    std::uint64_t random_ = 0x9e3779b97f4a7c15;
};

}  // namespace asterope::kv

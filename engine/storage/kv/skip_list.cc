#include "engine/storage/kv/skip_list.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace asterope::kv {

static_assert(sizeof(SkipList::Entry) == 16);

SkipList::SkipList(Arena& arena) : arena_(arena), head_(make_entry(0, 0, kHeightMax)) {}

SkipList::Entry* SkipList::make_entry(std::size_t key_bytes, std::size_t value_bytes, int height) {
    const auto links_bytes = static_cast<std::size_t>(height) * sizeof(std::atomic<Entry*>);
    auto* entry = new (arena_.allocate(sizeof(Entry) + links_bytes + key_bytes + value_bytes)) Entry;
    entry->sequence = 0;
    entry->value_bytes = static_cast<std::uint32_t>(value_bytes);
    entry->key_bytes = static_cast<std::uint16_t>(key_bytes);
    entry->height = static_cast<std::uint8_t>(height);
    entry->erased = false;
    for (int level = 0; level < height; ++level) new (&entry->links()[level]) std::atomic<Entry*>(nullptr);
    return entry;
}

/// Each level holds a quarter of the one below.
int SkipList::random_height() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    int height = 1;
    for (std::uint64_t bits = random_; height < kHeightMax && (bits & 3) == 0; bits >>= 2) ++height;
    return height;
}

void SkipList::insert(std::string_view key, std::uint64_t sequence, bool erased, std::string_view value) {
    Entry* before[kHeightMax];
    Entry* at = head_;
    const int old_height = height_.load(std::memory_order_relaxed);
    for (int level = old_height - 1; level >= 0; --level) {
        for (;;) {
            Entry* next = at->links()[level].load(std::memory_order_relaxed);
            if (next == nullptr) break;
            const int order = next->key().compare(key);
            if (order > 0 || (order == 0 && next->sequence <= sequence)) break;
            at = next;
        }
        before[level] = at;
    }
    const int height = random_height();
    for (int level = old_height; level < height; ++level) before[level] = head_;
    if (height > old_height) height_.store(height, std::memory_order_relaxed);

    Entry* entry = make_entry(key.size(), value.size(), height);
    entry->sequence = sequence;
    entry->erased = erased;
    std::memcpy(entry->bytes(), key.data(), key.size());
    if (!value.empty()) std::memcpy(entry->bytes() + key.size(), value.data(), value.size());
    for (int level = 0; level < height; ++level) {
        entry->links()[level].store(before[level]->links()[level].load(std::memory_order_relaxed),
                                    std::memory_order_relaxed);
        before[level]->links()[level].store(entry, std::memory_order_release);
    }
}

const SkipList::Entry* SkipList::find(std::string_view key, std::uint64_t sequence) const {
    const Entry* at = head_;
    // What was compared is what is returned: a link that is read again may meanwhile lead to a newer version.
    const Entry* next = nullptr;
    for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
        for (;;) {
            next = at->links()[level].load(std::memory_order_acquire);
            if (next == nullptr) break;
            const int order = next->key().compare(key);
            if (order > 0 || (order == 0 && next->sequence <= sequence)) break;
            at = next;
        }
    }
    return next;
}

const SkipList::Entry* SkipList::before(std::string_view key) const {
    const Entry* at = head_;
    for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
        for (;;) {
            const Entry* next = at->links()[level].load(std::memory_order_acquire);
            if (next == nullptr || next->key() >= key) break;
            at = next;
        }
    }
    return at == head_ ? nullptr : at;
}

const SkipList::Entry* SkipList::last() const {
    const Entry* at = head_;
    for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
        while (const Entry* next = at->links()[level].load(std::memory_order_acquire)) at = next;
    }
    return at == head_ ? nullptr : at;
}

}  // namespace asterope::kv

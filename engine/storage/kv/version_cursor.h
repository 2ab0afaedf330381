#pragma once

#include <string_view>

#include "engine/storage/kv/skip_list.h"

namespace asterope::kv {

/// Walks the keys of one list as they were at one sequence: for each key its newest version then, erased ones too.
/// Threads:  one at a time, while another inserts.
/// Lifetime: the list's.
class VersionCursor {
  public:
    VersionCursor() = default;
    VersionCursor(const SkipList& list, std::uint64_t sequence) : list_(&list), sequence_(sequence) {}

    bool valid() const { return entry_ != nullptr; }
    std::string_view key() const { return entry_->key(); }
    std::string_view value() const { return entry_->value(); }
    bool erased() const { return entry_->erased; }

    void seek(std::string_view key) { forward_to_visible(list_->find(key, sequence_)); }
    void seek_before(std::string_view key) { backward_to_visible(list_->before(key)); }
    void seek_last() { backward_to_visible(list_->last()); }
    void next();
    void prev() { backward_to_visible(list_->before(entry_->key())); }

  private:
    void forward_to_visible(const SkipList::Entry* entry);
    void backward_to_visible(const SkipList::Entry* entry);

    const SkipList* list_ = nullptr;
    std::uint64_t sequence_ = 0;
    const SkipList::Entry* entry_ = nullptr;
};

}  // namespace asterope::kv

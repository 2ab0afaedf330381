#include "engine/storage/kv/version_cursor.h"

namespace asterope::kv {

void VersionCursor::next() {
    const std::string_view key = entry_->key();
    const SkipList::Entry* entry = entry_->next();
    while (entry != nullptr && entry->key() == key) entry = entry->next();
    forward_to_visible(entry);
}

void VersionCursor::forward_to_visible(const SkipList::Entry* entry) {
    while (entry != nullptr && entry->sequence > sequence_) entry = entry->next();
    entry_ = entry;
}

void VersionCursor::backward_to_visible(const SkipList::Entry* entry) {
    // `entry` is the oldest version of its key; the newest visible one is found from the front.
    while (entry != nullptr && entry->sequence > sequence_) entry = list_->before(entry->key());
    entry_ = entry == nullptr ? nullptr : list_->find(entry->key(), sequence_);
}

}  // namespace asterope::kv

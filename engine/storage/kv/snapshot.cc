#include "engine/storage/kv/snapshot.h"

#include "engine/storage/kv/merged_cursor.h"

namespace asterope::kv {

Result<std::optional<std::string_view>> SnapshotView::get(Table table, std::string_view key) const {
    for (const WriteBuffer* buffer :
         {static_cast<const WriteBuffer*>(state_->active.get()), state_->frozen.get()}) {
        if (buffer == nullptr) continue;
        const SkipList::Entry* entry = buffer->list(table).find(key, sequence_);
        if (entry == nullptr || entry->key() != key) continue;
        if (entry->erased) return std::optional<std::string_view>();
        return std::optional(entry->value());
    }
    return state_->tree->get(table, key);
}

std::unique_ptr<Cursor> SnapshotView::cursor_below(Table table, const SkipList* newest,
                                                   std::uint64_t newest_sequence) const {
    auto cursor = std::make_unique<MergedCursor>(state_->tree->cursor(table));
    if (newest != nullptr) cursor->add_newest_first(*newest, newest_sequence);
    if (state_->active) cursor->add_newest_first(state_->active->list(table), sequence_);
    if (state_->frozen) cursor->add_newest_first(state_->frozen->list(table), sequence_);
    return cursor;
}

Result<std::shared_ptr<const Snapshot>> open_copy(const std::string& directory) {
    constexpr std::uint64_t kNoMoreThanTheFile = 1;  // LMDB maps what there is
    const auto env = ASTEROPE_TRY(LmdbEnv::open(directory, kNoMoreThanTheFile));
    auto state = std::make_shared<State>();
    state->tree = ASTEROPE_TRY(env->view());
    const std::uint64_t applied = state->tree->applied();
    return std::shared_ptr<const Snapshot>(std::make_shared<SnapshotView>(std::move(state), applied));
}

}  // namespace asterope::kv

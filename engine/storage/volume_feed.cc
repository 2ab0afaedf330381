#include "engine/storage/store_volume.h"

namespace asterope::storage {

using kv::Table;

Result<std::vector<Change>> StoreVolume::changes(Sequence since, std::size_t count_max, std::chrono::milliseconds wait) {
    rooms_.scope.wait_for_change(since, wait);
    const auto now = rooms_.scope.now();
    std::vector<Change> found;
    const auto cursor = now->cursor(Table::changes);
    cursor->seek(u64_key(0));
    if (cursor->valid() && u64_of(cursor->key()) > raw(since) + 1)
        return fail(Errc::stale, "the change feed no longer reaches back to " + std::to_string(raw(since)));
    for (cursor->seek(u64_key(raw(since) + 1)); cursor->valid() && found.size() < count_max; cursor->next())
        found.push_back(ASTEROPE_TRY(decode_change(cursor->key(), cursor->value())));
    ASTEROPE_TRY_STATUS(cursor->status());
    return found;
}

Status StoreVolume::sync() {
    for (const auto& content : open_nodes_.all())
        if (!content->is_replacing()) ASTEROPE_TRY_STATUS(content->sync());
    return rooms_.scope.sync();
}

}  // namespace asterope::storage

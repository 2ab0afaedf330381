#include "engine/storage/snapshot_volume.h"

namespace asterope::storage {

Sequence FrozenScope::last_change() const {
    const auto cursor = state_->cursor(kv::Table::changes);
    cursor->seek_last();
    return cursor->valid() ? Sequence{u64_of(cursor->key())} : Sequence{};
}

Result<std::shared_ptr<SnapshotVolume>> SnapshotVolume::open(const std::string& directory, Volume& outside,
                                                             BlobFiles& blobs) {
    auto state = ASTEROPE_TRY(kv::open_copy(directory));
    auto volume = std::make_shared<SnapshotVolume>(directory, std::move(state), outside, blobs);
    ASTEROPE_TRY_STATUS(volume->fields.load(View(*volume->scope.now())));
    return volume;
}

Result<SpaceInfo> SnapshotVolume::space() {
    SpaceInfo space = ASTEROPE_TRY(outside_.space());
    space.free_bytes = space.available_bytes = space.free_node_count = 0;
    space.node_count = ASTEROPE_TRY(View(*scope.now()).number("node_count"));
    space.field_count = fields.size();
    return space;
}

}  // namespace asterope::storage

#include "engine/core/path.h"
#include "tests/fs/model_volume.h"

/// A snapshot is a copy of all nodes that refuses changes.
namespace asterope {

std::shared_ptr<ModelVolume> ModelVolume::frozen_copy() const {
    const auto copy = std::make_shared<ModelVolume>();
    copy->nodes_ = nodes_;
    for (auto& [id, node] : copy->nodes_) node.open_count = 0;
    copy->last_node_ = last_node_;
    copy->read_only_ = true;
    return copy;
}

Result<SnapshotInfo> ModelVolume::make_snapshot(std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    if (snapshots_.contains(name)) return fail(Errc::exists);
    const Timestamp now = Timestamp::now();
    snapshots_.emplace(name, Snapshot{now, frozen_copy()});
    return SnapshotInfo{std::string(name), now};
}

Status ModelVolume::drop_snapshot(std::string_view name) {
    std::lock_guard lock(mutex_);
    const auto at = snapshots_.find(name);
    if (at == snapshots_.end()) return fail(Errc::not_found);
    if (at->second.state.use_count() > 1) return fail(Errc::busy);
    snapshots_.erase(at);
    return {};
}

Result<std::vector<SnapshotInfo>> ModelVolume::snapshots() {
    std::lock_guard lock(mutex_);
    std::vector<SnapshotInfo> all;
    for (const auto& [name, snapshot] : snapshots_) all.push_back({name, snapshot.created});
    return all;
}

Result<std::shared_ptr<Volume>> ModelVolume::open_snapshot(std::string_view name) {
    std::lock_guard lock(mutex_);
    if (name.empty()) return frozen_copy();
    const auto at = snapshots_.find(name);
    if (at == snapshots_.end()) return fail(Errc::not_found);
    return at->second.state;
}

}  // namespace asterope

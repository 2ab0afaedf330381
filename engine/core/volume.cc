#include "engine/core/volume.h"

namespace asterope {

Result<std::unique_ptr<Transaction>> Volume::begin(const TransactionOptions&) { return fail(Errc::unsupported); }

std::unique_ptr<ChangeWatch> Volume::watch(Origin, ChangeCallback) { return nullptr; }

Result<SnapshotInfo> Volume::make_snapshot(std::string_view) { return fail(Errc::unsupported); }
Status Volume::drop_snapshot(std::string_view) { return fail(Errc::unsupported); }
Result<std::vector<SnapshotInfo>> Volume::snapshots() { return fail(Errc::unsupported); }
Result<std::shared_ptr<Volume>> Volume::open_snapshot(std::string_view) { return fail(Errc::unsupported); }

}  // namespace asterope

#include "engine/storage/check.h"

#include "engine/storage/inspection.h"
#include "engine/storage/local_volume.h"

namespace asterope {

Result<CheckReport> check_store(LocalVolume& volume, const Watch& watch) {
    // Listed before the snapshot is taken: a blob that comes in meanwhile is not taken for one without a file.
    const auto files = ASTEROPE_TRY(volume.blob_files().list());
    const auto state = volume.snapshot();
    return storage::Inspection(storage::View(*state), volume.blob_files(), files, watch, nullptr).run();
}

}  // namespace asterope

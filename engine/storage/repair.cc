#include "engine/storage/repair.h"

#include "engine/storage/inspection.h"
#include "engine/storage/store_directory.h"

namespace asterope {

using namespace storage;

namespace {

constexpr int kPassesMax = 100;  ///< each mends what the one before made visible; a few are usual

/// An inspection of the store as it is now, which mends what it can. Returns whether it changed anything.
Result<bool> mend(kv::Store& store, const BlobFiles& blobs, const Watch& watch, CheckReport& total) {
    const auto files = ASTEROPE_TRY(blobs.list());
    const auto state = store.snapshot();
    const View view(*state);
    Mender mender(store, view);
    CheckReport report = ASTEROPE_TRY(Inspection(view, blobs, files, watch, &mender).run());
    report.mended_count += total.mended_count;
    report.mended.insert(report.mended.begin(), total.mended.begin(), total.mended.end());
    report.mended.resize(std::min(report.mended.size(), kProblemsMax));
    total = std::move(report);
    if (!mender.changed()) return false;
    ASTEROPE_TRY_STATUS(mender.commit());
    return true;
}

}  // namespace

Result<CheckReport> repair_store(const std::string& path, const Watch& watch) {
    const StoreDirectory directory = ASTEROPE_TRY(StoreDirectory::open(path));
    const auto blobs = ASTEROPE_TRY(BlobFiles::open(directory.path));
    kv::Options options;
    options.sync_blobs = [&](std::span<const BlobId> ids) { return blobs->sync(ids); };
    const auto store = ASTEROPE_TRY(kv::Store::open(directory.path, options, false));
    CheckReport report;
    {
        const auto files = ASTEROPE_TRY(blobs->list());
        const auto state = store->snapshot();
        report = ASTEROPE_TRY(Inspection(View(*state), *blobs, files, watch, nullptr).run());
    }
    if (!report.is_whole || report.problem_count == 0) return report;
    report = {};
    for (int pass = 0; ASTEROPE_TRY(mend(*store, *blobs, watch, report)); ++pass)
        if (pass == kPassesMax) return fail(Errc::corrupt, "the repair does not come to an end: " + report.mended.back());
    ASTEROPE_TRY_STATUS(store->close());
    return report;
}

}  // namespace asterope

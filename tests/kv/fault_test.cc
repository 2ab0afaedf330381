#include "engine/storage/kv/disk.h"
#include "tests/kv/support.h"

/// The N-th write, sync or reservation fails, for N = 1, 2, 3 … until a run meets no failure.
namespace asterope::kv::test {
namespace {

struct Outcome {
    bool failed = false;  ///< a call failed
    History answered;     ///< the batches that were taken
    std::uint64_t synced = 0;
};

/// One life of a store, whose errors are looked at only as its user would.
Outcome live(const std::string& directory, DiskCall call, int nth, bool lasting) {
    Outcome outcome;
    int seen = 0;
    set_disk_fault([&](DiskCall now) {
        if (now != call) return 0;
        ++seen;
        if (seen < nth || (seen > nth && !lasting)) return 0;
        outcome.failed = true;
        return call == DiskCall::sync ? EIO : ENOSPC;
    });
    Options options = quiet_options();
    options.segment_bytes = 4u << 10;
    Generator generator(static_cast<std::uint64_t>(nth));
    {
        auto store = Store::open(directory, options, true);
        for (int i = 0; store && i < 60; ++i) {
            const Steps steps = generator.batch();
            Batch batch = batch_of(steps);
            if (i % 9 == 0) batch.refers_to(BlobId{1});
            if (i % 2 == 0) batch.may_use_reserve();
            const auto sequence = (*store)->commit(std::move(batch));
            if (sequence) {
                outcome.answered.add(steps);
                EXPECT_EQ(outcome.answered.last(), raw(*sequence));
            }
            if (i % 7 == 6 && (*store)->sync((*store)->last_sequence()))
                outcome.synced = outcome.answered.last();
            if (i % 25 == 24) (void)(*store)->flush();
            if (i % 10 == 9) {
                EXPECT_ROWS(outcome.answered.at(outcome.answered.last()), rows_of(*(*store)->snapshot()));
            }
        }
        if (store) (void)(*store)->close();
    }
    set_disk_fault({});
    return outcome;
}

void fail_each(DiskCall call, bool lasting) {
    int nth = 1;
    for (;; ++nth) {
        SCOPED_TRACE("call " + std::to_string(nth));
        const TempDir dir;
        const Outcome outcome = live(dir.path(), call, nth, lasting);
        {
            const auto store = open_store(dir.path(), quiet_options());
            EXPECT_EQ(outcome.answered.last(), raw(store->last_sequence()));
            EXPECT_ROWS(outcome.answered.at(outcome.answered.last()), rows_of(*store->snapshot()));
        }
        if (testing::Test::HasFailure()) return;
        if (!outcome.failed) break;
        ASSERT_LT(nth, 5000);
    }
    EXPECT_GT(nth, 5);
}

TEST(Faults, OneFailedWriteLosesNothingAnswered) {
    fail_each(DiskCall::write, false);
}
TEST(Faults, NoWriteFromOnePointOnLosesNothingAnswered) {
    fail_each(DiskCall::write, true);
}
TEST(Faults, OneFailedSyncLosesNothingAnswered) {
    fail_each(DiskCall::sync, false);
}
TEST(Faults, NoSyncFromOnePointOnLosesNothingAnswered) {
    fail_each(DiskCall::sync, true);
}
TEST(Faults, OneFailedReservationLosesNothingAnswered) {
    fail_each(DiskCall::reserve, false);
}
TEST(Faults, NoReservationFromOnePointOnLosesNothingAnswered) {
    fail_each(DiskCall::reserve, true);
}

}  // namespace
}  // namespace asterope::kv::test

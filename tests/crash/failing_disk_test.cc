#include <gtest/gtest.h>

#include <atomic>

#include "engine/storage/kv/disk.h"
#include "tests/crash/description.h"
#include "tests/crash/session.h"
#include "tests/crash/target.h"
#include "tests/fs/model_volume.h"
#include "tests/storage/temporary_store.h"

/// The Nth write, sync, reservation, link or rename fails, for N = 1, 2, 3 … until a life meets no failure.
namespace asterope::crash {
namespace {

using kv::DiskCall;

struct Failure {
    DiskCall call{};
    int nth = 1;
    bool lasting = false;  ///< and all after it
};

/// Makes calls fail until it is destroyed. Threads: the store's.
class FailingDisk {
  public:
    explicit FailingDisk(const Failure& failure) {
        kv::set_disk_fault([this, failure](DiskCall call) {
            if (call != failure.call) return 0;
            const int now = ++seen_;
            if (now != failure.nth && !(failure.lasting && now > failure.nth)) return 0;
            failed_ = true;
            return call == DiskCall::sync ? EIO : ENOSPC;
        });
    }
    ~FailingDisk() { kv::set_disk_fault({}); }
    bool failed() const { return failed_; }

  private:
    std::atomic<int> seen_ = 0;
    std::atomic<bool> failed_ = false;
};

bool comes_from_the_disk(const Status& status) {
    return !status && (status.error().code == Errc::no_space || status.error().code == Errc::read_only || status.error().to_errno() == EIO);
}

/// One step on both; one that fails for the disk's sake has no effect.
void try_step(Target& here, Target& there, const Step& step) {
    const Status mine = here.apply(step);
    if (comes_from_the_disk(mine)) return;
    EXPECT_EQ(mine.has_value(), there.apply(step).has_value()) << step.text() << (mine ? "" : ": " + mine.error().text());
}

void try_steps(LocalVolume& volume, Target& there, StepSource& steps, int count) {
    const auto here = volume_target(volume, "");
    for (int i = 1; i <= count; ++i) {
        Step step = steps.next();
        // Of these a part can be there after a failure; a put replaces a file at once.
        if (step.kind == StepKind::overwrite || step.kind == StepKind::patch) step.kind = StepKind::put;
        try_step(*here, there, step);
        if (i % 10 == 0) (void)volume.sync();
    }
}

/// Returns whether a call failed.
bool live_with(const Failure& failure) {
    TemporaryStore store;
    store.close();
    ModelVolume model;
    const auto there = volume_target(model, "");
    StepSource steps(7, {.puts = true, .syncs = false});
    bool failed = false;
    {
        FailingDisk disk(failure);
        if (auto volume = LocalVolume::open(store.path(), {})) {
            try_steps(**volume, *there, steps, 30);
            EXPECT_EQ(difference(describe(model, ""), describe(**volume, "")), "");
        }
        failed = disk.failed();
    }
    store.open();
    EXPECT_EQ(difference(describe(model, ""), describe(store.volume(), "")), "") << "opened again";
    EXPECT_EQ(problems(store.volume()), "");
    const auto here = volume_target(store.volume(), "");
    for (int i = 0; i < 10; ++i) {
        const Step step = steps.next();
        EXPECT_EQ(here->apply(step).has_value(), there->apply(step).has_value()) << "afterwards: " << step.text();
    }
    EXPECT_EQ(difference(describe(model, ""), describe(store.volume(), "")), "") << "afterwards";
    return failed;
}

void fail_each(DiskCall call, bool lasting) {
    for (int nth = 1; !testing::Test::HasFailure(); ++nth) {
        SCOPED_TRACE("call " + std::to_string(nth));
        ASSERT_LT(nth, 2000);
        if (!live_with({call, nth, lasting})) {
            EXPECT_GT(nth, 1) << "no such call was made";
            return;
        }
    }
}

}  // namespace

TEST(FailingDisk, OneFailedWriteHasNoOtherEffect) { fail_each(DiskCall::write, false); }
TEST(FailingDisk, NoWriteFromOnePointOnHasNoOtherEffect) { fail_each(DiskCall::write, true); }
TEST(FailingDisk, OneFailedSyncHasNoOtherEffect) { fail_each(DiskCall::sync, false); }
TEST(FailingDisk, NoSyncFromOnePointOnHasNoOtherEffect) { fail_each(DiskCall::sync, true); }
TEST(FailingDisk, OneFailedReservationHasNoOtherEffect) { fail_each(DiskCall::reserve, false); }
TEST(FailingDisk, NoReservationFromOnePointOnHasNoOtherEffect) { fail_each(DiskCall::reserve, true); }
TEST(FailingDisk, OneFailedLinkHasNoOtherEffect) { fail_each(DiskCall::link, false); }
TEST(FailingDisk, NoLinkFromOnePointOnHasNoOtherEffect) { fail_each(DiskCall::link, true); }
TEST(FailingDisk, OneFailedRenameHasNoOtherEffect) { fail_each(DiskCall::rename, false); }
TEST(FailingDisk, NoRenameFromOnePointOnHasNoOtherEffect) { fail_each(DiskCall::rename, true); }

TEST(FailingDisk, AContentWhoseCommitFailedCanBeCommittedLater) {
    TemporaryStore store;
    const std::string bytes(50'000, 'b');
    const NodeId node = store.volume().create(kRootNode, "f", {}).value().node;
    {
        Volume& volume = store.volume();
        const auto file = volume.open(node, {.mode = OpenMode::write}).value();
        ASSERT_TRUE(file->write(0, std::as_bytes(std::span(bytes))));
        {
            FailingDisk disk({DiskCall::write, 1, true});
            EXPECT_FALSE(file->commit(Durability::none));
        }
        const Status committed = file->commit(Durability::none);
        EXPECT_TRUE(committed) << committed.error().text();
    }
    store.reopen();
    EXPECT_EQ(store.volume().getattr(node).value().size, bytes.size());
    EXPECT_EQ(problems(store.volume()), "");
}

}  // namespace asterope::crash

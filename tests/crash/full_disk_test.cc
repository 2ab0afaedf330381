#include <fcntl.h>

#include <thread>

#include "engine/core/path.h"
#include "engine/storage/check.h"
#include "tests/crash/description.h"
#include "tests/crash/loop_filesystem.h"
#include "tests/crash/own_mounts.h"
#include "tests/crash/session.h"
#include "tests/crash/target.h"
#include "tests/fs/model_volume.h"
#include "tests/seed.h"

namespace asterope::crash {
namespace {

bool is_no_space(const Status& status) { return !status && status.error().code == Errc::no_space; }

/// A store on a small disk, and a reference that takes the steps that succeeded.
class FullDisk : public testing::Test {
  protected:
    void SetUp() override {
        ASTEROPE_NEEDS_MOUNTS();
        disk_ = std::make_unique<LoopFilesystem>("ext4", std::uint64_t{160} << 20);
        LocalVolume::init(store()).value();
        open();
    }
    void TearDown() override { volume_.reset(); }

    std::string store() const { return disk_->path() + "/store"; }
    void open() {
        volume_.reset();
        volume_ = LocalVolume::open(store(), {}).value();
        here_ = volume_target(*volume_, "");
    }
    /// A file beside the store takes all the room that there is, or gives it back.
    void fill() {
        const Descriptor other(::open(filler().c_str(), O_CREAT | O_WRONLY, 0600));
        off_t at = 0;
        for (off_t chunk = 16 << 20; chunk >= 4096;)
            if (::fallocate(other.get(), 0, at, chunk) == 0)
                at += chunk;
            else
                chunk /= 2;
    }
    void make_room() { ASSERT_EQ(::unlink(filler().c_str()), 0); }

    /// Applies a step to both. Returns whether it found no room; then nothing may have changed.
    bool try_step(Step step) {
        // Writing to a file in place of replacing it can end half way, as on any filesystem.
        if (step.kind == StepKind::overwrite || step.kind == StepKind::patch) step.kind = StepKind::put;
        const Status mine = here_->apply(step);
        if (is_no_space(mine)) return true;
        const Status reference = there_->apply(step);
        EXPECT_EQ(mine.has_value(), reference.has_value()) << step.text() << (mine ? "" : ": " + mine.error().text());
        return false;
    }
    /// Removes all below `dir`, as rm -rf does.
    Status remove_all(NodeId dir) {
        for (const DirEntry& entry : ASTEROPE_TRY(volume_->list(dir, 0, 1'000'000))) {
            if (entry.type == NodeType::directory) ASTEROPE_TRY_STATUS(remove_all(entry.node));
            ASTEROPE_TRY_STATUS(entry.type == NodeType::directory ? volume_->rmdir(dir, entry.name) : volume_->unlink(dir, entry.name));
        }
        return {};
    }
    void expect_equal(const char* when) {
        EXPECT_EQ(difference(describe(model_, ""), describe(*volume_, "")), "") << when;
        EXPECT_EQ(check_store(*volume_).value().problems, std::vector<std::string>{}) << when;
    }

    std::unique_ptr<LocalVolume> volume_;
    ModelVolume model_;
    std::unique_ptr<Target> here_, there_ = volume_target(model_, "");

  private:
    std::string filler() const { return disk_->path() + "/filler"; }
    std::unique_ptr<LoopFilesystem> disk_;
};

TEST_F(FullDisk, RefusesWhatFindsNoRoomLosesNothingAndWorksAgain) {
    StepSource steps(seed_of_test(), {.puts = true, .syncs = false});
    for (int i = 0; i < 300; ++i) EXPECT_FALSE(try_step(steps.next()));
    fill();
    int refused = 0;
    for (int i = 0; i < 20'000 && refused < 300 && !HasFailure(); ++i) refused += try_step(steps.next());
    EXPECT_EQ(refused, 300);
    expect_equal("while the disk is full");
    open();
    expect_equal("opened on the full disk");
    make_room();
    const Step first{.kind = StepKind::put, .path = "z", .bytes = std::string(50'000, 'z')};
    for (int tries = 0; try_step(first); ++tries) {
        ASSERT_LT(tries, 1000) << "the store did not notice that there is room again";
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    for (int i = 0; i < 300; ++i) EXPECT_FALSE(try_step(steps.next()));
    open();
    expect_equal("with room again");
}

TEST_F(FullDisk, RemovingEverythingWorks) {
    StepSource steps(seed_of_test(), {.puts = true, .syncs = false});
    for (int i = 0; i < 1500; ++i) EXPECT_FALSE(try_step(steps.next()));
    fill();
    int refused = 0;
    for (int i = 0; i < 20'000 && refused < 300 && !HasFailure(); ++i) refused += try_step(steps.next());
    const Status removed = remove_all(kRootNode);
    ASSERT_TRUE(removed) << removed.error().text();
    EXPECT_EQ(describe(*volume_, ""), "");
    const Status synced = volume_->sync();
    EXPECT_TRUE(synced) << synced.error().text();
    open();
    EXPECT_EQ(describe(*volume_, ""), "");
}

TEST_F(FullDisk, AnAttributeOrABufferThatFindsNoRoomIsAnErrnoAndTheOldOnesStay) {
    const NodeId node = volume_->create(kRootNode, "f", {}).value().node;
    ASSERT_TRUE(volume_->set_attribute(node, "trusted.a", "first", SetMode::any));
    fill();
    const std::string large(60'000, 'v');
    Status set;
    for (int i = 0; i < 2000 && set; ++i) set = volume_->set_attribute(node, "trusted." + std::to_string(i % 50), large, SetMode::any);
    EXPECT_TRUE(is_no_space(set)) << (set ? "ok" : set.error().text());
    EXPECT_EQ(volume_->attribute(node, "trusted.a").value(), "first");
    EXPECT_EQ(volume_->attribute(node, "trusted.0").value(), large);
    const Status removed = volume_->unlink(kRootNode, "f");
    EXPECT_TRUE(removed) << removed.error().text();
    make_room();
}

TEST_F(FullDisk, AnOverwriteThatFindsNoRoomIsAnErrnoAndWorksLater) {
    Volume& volume = *volume_;
    const NodeId node = volume.create(kRootNode, "f", {}).value().node;
    const std::string large(3'000'000, 'n');
    const auto overwrite = [&]() -> Status {
        const auto file = ASTEROPE_TRY(volume.open(node, {.mode = OpenMode::write, .truncate = true}));
        ASTEROPE_TRY_STATUS(file->write(0, std::as_bytes(std::span(large))));
        return file->commit(Durability::sync);
    };
    fill();
    EXPECT_TRUE(is_no_space(overwrite()));
    make_room();
    Status done;
    for (int tries = 0; tries < 1000 && !(done = overwrite()); ++tries) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(done) << done.error().text();
    open();
    EXPECT_EQ(volume_->getattr(node).value().size, large.size());
    EXPECT_EQ(check_store(*volume_).value().problems, std::vector<std::string>{});
}

}  // namespace
}  // namespace asterope::crash

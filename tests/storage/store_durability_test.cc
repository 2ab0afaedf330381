#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "engine/storage/kv/disk.h"
#include "tests/storage/temporary_store.h"
#include "tests/storage/volume_text.h"

namespace asterope {
namespace {

/// Counts the syncs of the journal and of blobs while it lives.
class SyncCount {
  public:
    SyncCount() {
        kv::set_disk_fault([this](kv::DiskCall call) {
            count_ += call == kv::DiskCall::sync;
            return 0;
        });
    }
    ~SyncCount() { kv::set_disk_fault({}); }
    int now() const { return count_; }

  private:
    std::atomic<int> count_ = 0;
};

TEST(StoreDurability, SyncMakesEachChangeDurableBeforeItIsAnswered) {
    const SyncCount syncs;
    TemporaryStore store({.durability = StoreDurability::sync});
    Volume& volume = store.volume();
    int before = syncs.now();
    const auto is_synced = [&](const std::string& outcome) {
        EXPECT_EQ(outcome, "ok");
        return syncs.now() > std::exchange(before, syncs.now());
    };
    EXPECT_TRUE(is_synced(put(volume, "small", "text", {{"kind", "new"}})));
    EXPECT_TRUE(is_synced(put(volume, "large", large('l'))));
    const NodeId node = volume.lookup(kRootNode, "large").value().node;
    EXPECT_TRUE(is_synced(outcome(volume.change_document(node, {{"kind", "large"}}))));
    EXPECT_TRUE(is_synced(outcome(volume.rename({kRootNode, "large"}, {kRootNode, "renamed"}, RenameMode::replace))));
    {
        const auto file = volume.open(node, {.mode = OpenMode::read_write}).value();
        EXPECT_TRUE(file->write(0, std::as_bytes(std::span("in place", 8))));
    }
    EXPECT_TRUE(is_synced("ok")) << "closing a file that was written";
    EXPECT_TRUE(is_synced(outcome(volume.unlink(kRootNode, "small"))));
    const auto transaction = volume.begin({}).value();
    put(transaction->view(), "together", "");
    EXPECT_TRUE(is_synced(outcome(transaction->commit())));
}

TEST(StoreDurability, NoneLeavesTheDiskAloneUntilItIsAsked) {
    const SyncCount syncs;
    TemporaryStore store({.durability = StoreDurability::none});
    const int before = syncs.now();
    put(store.volume(), "small", "text");
    put(store.volume(), "large", large('l'));
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    EXPECT_EQ(syncs.now(), before);
    EXPECT_EQ(outcome(store.volume().sync()), "ok");
    EXPECT_GT(syncs.now(), before);
}

TEST(StoreDurability, NoneGivesTheSpaceOfRemovedFilesBack) {
    TemporaryStore store({.durability = StoreDurability::none});
    put(store.volume(), "large", large('l'));
    EXPECT_EQ(outcome(store.volume().unlink(kRootNode, "large")), "ok");
    const auto blob_count = [&] { return store.volume().blob_files().named().size() + store.volume().blob_files().list().value().size(); };
    for (int i = 0; i < 300 && blob_count() != 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(blob_count(), 0u);
}

TEST(StoreDurability, NoneLosesNothingWithTheProcess) {
    TemporaryStore store({.durability = StoreDurability::none});
    store.close();
    const pid_t child = ::fork();
    if (child == 0) {
        const auto volume = TemporaryStore::open_at(store.path(), {.durability = StoreDurability::none});
        ::_exit(put(*volume, "small", "text") == "ok" && put(*volume, "large", large('l')) == "ok" ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
    store.open();
    EXPECT_EQ(get(store.volume(), "small"), "text");
    EXPECT_EQ(get(store.volume(), "large"), large('l'));
    EXPECT_EQ(problems(store.volume()), "");
}

}  // namespace
}  // namespace asterope

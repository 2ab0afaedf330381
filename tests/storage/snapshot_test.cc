#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/storage/kv/disk.h"
#include "tests/fs/volume_conformance.h"
#include "tests/storage/temporary_store.h"
#include "tests/storage/volume_text.h"

namespace asterope {
namespace {

std::string names_of(LocalVolume& volume) {
    std::string names;
    const std::vector<SnapshotInfo> found = volume.snapshots().value();
    for (const SnapshotInfo& snapshot : found) names += snapshot.name + " ";
    return names;
}

TEST(Snapshot, ShowsTheVolumeAsItWasAlsoAfterReopening) {
    TemporaryStore store;
    put(store.volume(), "replaced", large('a'), {{"kind", "old"}});
    put(store.volume(), "written", large('b'));
    put(store.volume(), "removed", large('c'));
    put(store.volume(), "small", "inline");
    auto still_open = store.volume()
                          .open(store.volume().lookup(kRootNode, "written").value().node, {.mode = OpenMode::read_write})
                          .value();
    EXPECT_EQ(outcome(still_open->write(0, std::as_bytes(std::span("open", 4)))), "ok");
    EXPECT_EQ(outcome(store.volume().make_snapshot("monday")), "ok");
    EXPECT_EQ(outcome(store.volume().make_snapshot("monday")), "exists");
    EXPECT_EQ(outcome(store.volume().make_snapshot(".hidden")), "invalid");

    put(store.volume(), "replaced", large('A'), {{"kind", "new"}});
    EXPECT_EQ(outcome(still_open->write(4, std::as_bytes(std::span("later", 5)))), "ok");
    EXPECT_EQ(outcome(store.volume().unlink(kRootNode, "removed")), "ok");
    put(store.volume(), "small", "changed");
    put(store.volume(), "added", "x");

    const auto look = [&] {
        const auto snapshot = store.volume().open_snapshot("monday").value();
        EXPECT_EQ(get(*snapshot, "replaced"), large('a'));
        EXPECT_EQ(get(*snapshot, "written"), "open" + large('b').substr(4));
        EXPECT_EQ(get(*snapshot, "removed"), large('c'));
        EXPECT_EQ(get(*snapshot, "small"), "inline");
        EXPECT_EQ(get(*snapshot, "added"), "-");
        EXPECT_EQ(count(*snapshot, "kind=old"), 1u);
        EXPECT_EQ(count(*snapshot, "kind=new"), 0u);
        EXPECT_EQ(outcome(store.volume().drop_snapshot("monday")), "busy");
    };
    look();
    still_open.reset();
    EXPECT_EQ(get(store.volume(), "written").substr(0, 10), "openlaterb");
    store.reopen();
    EXPECT_EQ(names_of(store.volume()), "monday ");
    EXPECT_EQ(problems(store.volume()), "");
    look();
    store.reopen();
    look();
}

TEST(Snapshot, DroppedItGivesItsBlobsBack) {
    TemporaryStore store;
    put(store.volume(), "file", large('a'));
    EXPECT_EQ(outcome(store.volume().make_snapshot("one")), "ok");
    EXPECT_EQ(outcome(store.volume().make_snapshot("two")), "ok");
    EXPECT_EQ(outcome(store.volume().unlink(kRootNode, "file")), "ok");
    store.reopen();
    EXPECT_EQ(store.volume().blob_files().list().value().size(), 1u);
    EXPECT_EQ(outcome(store.volume().drop_snapshot("one")), "ok");
    EXPECT_EQ(outcome(store.volume().drop_snapshot("one")), "not_found");
    store.reopen();
    EXPECT_EQ(get(*store.volume().open_snapshot("two").value(), "file"), large('a'));
    EXPECT_EQ(outcome(store.volume().drop_snapshot("two")), "ok");
    store.reopen();
    store.close();  // removes what may go
    store.open();
    EXPECT_EQ(store.volume().blob_files().list().value().size(), 0u);
    EXPECT_EQ(names_of(store.volume()), "");
    EXPECT_EQ(problems(store.volume()), "");
}

TEST(Snapshot, WithoutANameItIsOfNowAndGoesWithItsUser) {
    TemporaryStore store;
    put(store.volume(), "file", large('a'), {{"kind", "old"}});
    auto snapshot = store.volume().open_snapshot("").value();
    const auto other = store.volume().open_snapshot("").value();
    put(store.volume(), "file", large('b'), {{"kind", "new"}});
    EXPECT_EQ(get(*snapshot, "file"), large('a'));
    EXPECT_EQ(count(*snapshot, "kind=old"), 1u);
    EXPECT_EQ(names_of(store.volume()), "");
    const std::string directory = snapshot->info().description;
    EXPECT_TRUE(boost::filesystem::exists(directory + "/data.mdb"));
    snapshot.reset();
    EXPECT_FALSE(boost::filesystem::exists(directory));
    EXPECT_EQ(get(*other, "file"), large('a')) << "the other's";
}

TEST(Snapshot, WithoutANameItDoesNotOutliveItsProcess) {
    TemporaryStore store;
    const std::string left = store.path() + "/snapshots/.held-1";
    boost::filesystem::create_directory(left);
    store.reopen();
    EXPECT_FALSE(boost::filesystem::exists(left));
}

TEST(Snapshot, HasEveryContentThatItNamesWhateverHappensWhileItIsMade) {
    TemporaryStore store;
    std::jthread busy([&](const std::stop_token& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
            const std::string name = "f" + std::to_string(i % 8);
            put(store.volume(), name, large(static_cast<char>('a' + i % 26)));
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    });
    for (int round = 0; round < 2; ++round) {
        const auto snapshot = store.volume().open_snapshot("").value();
        std::this_thread::sleep_for(std::chrono::milliseconds(1500));  // housekeeping deletes what it may
        const auto entries = snapshot->list(kRootNode, 0, 100).value();
        for (const DirEntry& entry : entries) {
            const std::string content = get(*snapshot, entry.name);
            EXPECT_TRUE(content == large(content[0])) << entry.name << ": " << content.substr(0, 20);
        }
    }
}

TEST(Snapshot, NothingInItChanges) {
    TemporaryStore store;
    put(store.volume(), "file", large('a'));
    EXPECT_EQ(outcome(store.volume().make_snapshot("s")), "ok");
    const auto snapshot = store.volume().open_snapshot("s").value();
    const NodeId node = snapshot->lookup(kRootNode, "file").value().node;
    EXPECT_EQ(outcome(snapshot->create(kRootNode, "new", {})), "read_only");
    EXPECT_EQ(outcome(snapshot->unlink(kRootNode, "file")), "read_only");
    EXPECT_EQ(outcome(snapshot->rename({kRootNode, "file"}, {kRootNode, "b"}, RenameMode::replace)), "read_only");
    AttrChange mode, size;
    mode.mode = 0;
    size.size = 0;
    EXPECT_EQ(outcome(snapshot->setattr(node, mode)), "read_only");
    EXPECT_EQ(outcome(snapshot->setattr(node, size)), "read_only");
    EXPECT_EQ(outcome(snapshot->change_document(node, {{"a", Value(1)}})), "read_only");
    EXPECT_EQ(outcome(snapshot->set_attribute(node, "trusted.a", "b", SetMode::any)), "read_only");
    EXPECT_EQ(outcome(snapshot->open(node, {.mode = OpenMode::write})), "read_only");
    EXPECT_EQ(outcome(snapshot->stage()), "read_only");
    EXPECT_EQ(outcome(snapshot->begin({})), "unsupported");
    EXPECT_EQ(outcome(snapshot->make_snapshot("t")), "unsupported");
}

TEST(Snapshot, ABlobThatCameWhileItWasMadeStaysAsItWas) {
    std::atomic<bool> armed = false;
    Volume* volume = nullptr;
    kv::set_disk_fault([&](kv::DiskCall call) {
        if (call == kv::DiskCall::sync && armed.exchange(false)) put(*volume, "late", large('l'));
        return 0;
    });
    {
        TemporaryStore store;
        volume = &store.volume();
        put(*volume, "early", "e");
        armed = true;
        EXPECT_EQ(outcome(volume->make_snapshot("now")), "ok");
        {
            const auto file = volume->open(volume->lookup(kRootNode, "late").value().node, {.mode = OpenMode::read_write}).value();
            EXPECT_EQ(outcome(file->write(0, std::as_bytes(std::span("later", 5)))), "ok");
        }
        EXPECT_EQ(get(*volume->open_snapshot("now").value(), "late"), large('l'));
        EXPECT_EQ(problems(store.volume()), "");
    }
    kv::set_disk_fault({});
}

}  // namespace
}  // namespace asterope

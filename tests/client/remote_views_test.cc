#include <gtest/gtest.h>

#include <thread>

#include "client/remote_call.h"
#include "tests/client/served_store.h"
#include "tests/fs/volume_conformance.h"
#include "tests/storage/volume_text.h"

namespace asterope {
namespace {

/// Everything that a Volume must do, a transaction of another process must do; and what it did is there after the commit.
class RemoteTransactionUnderTest final : public VolumeUnderTest {
  public:
    ~RemoteTransactionUnderTest() override {
        EXPECT_EQ(outcome(transaction_->commit()), "ok");
        transaction_.reset();
        EXPECT_EQ(problems(served_.volume()), "") << "the store is sound after the commit";
    }
    Volume& volume() override { return transaction_->view(); }
    std::uint64_t file_bytes_max() const override { return std::uint64_t{1} << 43; }

  private:
    ServedStore served_;
    std::unique_ptr<RemoteVolume> remote_ = served_.connect();
    std::unique_ptr<Transaction> transaction_ = remote_->begin({.isolation = Isolation::serializable}).value();
};

INSTANTIATE_TEST_SUITE_P(RemoteTransaction, VolumeConformance,
                         testing::Values(VolumeMaker{"serializable",
                                                     [] { return std::make_unique<RemoteTransactionUnderTest>(); }}),
                         maker_name);

std::string large() { return std::string(100'000, 'x'); }

std::string has(Volume& volume, std::string_view name) { return outcome(volume.lookup(kRootNode, name)); }

TEST(RemoteTransaction, OthersSeeItWhenItIsCommitted) {
    ServedStore served;
    const auto mine = served.connect(), others = served.connect();
    const auto transaction = mine->begin({}).value();
    EXPECT_EQ(put(transaction->view(), "file", large()), "ok");
    EXPECT_EQ(has(transaction->view(), "file"), "ok");
    EXPECT_EQ(has(*mine, "file"), "not_found");
    EXPECT_EQ(has(*others, "file"), "not_found");
    EXPECT_EQ(outcome(transaction->commit()), "ok");
    EXPECT_EQ(has(*mine, "file"), "ok");
    EXPECT_EQ(has(*others, "file"), "ok");
    EXPECT_EQ(has(transaction->view(), "file"), "stale");
    EXPECT_EQ(outcome(transaction->commit()), "stale");
}

TEST(RemoteTransaction, TheSecondToChangeTheSameIsAConflict) {
    ServedStore served;
    const auto one = served.connect(), two = served.connect();
    const auto first = one->begin({}).value(), second = two->begin({}).value();
    EXPECT_EQ(put(first->view(), "file", "1"), "ok");
    EXPECT_EQ(put(second->view(), "file", "2"), "ok");
    EXPECT_EQ(outcome(first->commit()), "ok");
    EXPECT_EQ(outcome(second->commit()), "conflict");
}

TEST(RemoteTransaction, DestroyedOrAbortedItLeavesNothing) {
    ServedStore served;
    const auto remote = served.connect();
    {
        const auto destroyed = remote->begin({}).value();
        EXPECT_EQ(put(destroyed->view(), "file", large()), "ok");
    }
    const auto aborted = remote->begin({}).value();
    EXPECT_EQ(put(aborted->view(), "file", large()), "ok");
    aborted->abort();
    EXPECT_EQ(outcome(aborted->commit()), "stale");
    EXPECT_EQ(has(*remote, "file"), "not_found");
    EXPECT_EQ(served.volume().blob_files().named().size(), 0u);
    EXPECT_EQ(problems(served.volume()), "");
}

TEST(RemoteTransaction, IsAbortedWhenItsClientIsGone) {
    ServedStore served;
    {
        const auto transport = served.transport();
        const auto view = remote_call(*transport, wire::Begin{}).value();
        const auto in_view = [&](auto operation) {
            return remote_call(*transport, std::move(operation), Pace::quick, {}, view).value();
        };
        const std::string bytes = large();
        const wire::HandleId content = in_view(wire::Stage{});
        in_view(wire::Append{content, std::as_bytes(std::span(bytes))});
        in_view(wire::Put{.dir = kRootNode, .name = "file", .content = content});
        EXPECT_EQ(served.volume().blob_files().named().size(), 1u) << "it keeps its content staged";
    }
    while (!served.volume().blob_files().named().empty())
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(has(served.volume(), "file"), "not_found");
}

TEST(RemoteTransaction, HasNoTransactionsInIt) {
    ServedStore served;
    const auto remote = served.connect();
    const auto transaction = remote->begin({}).value();
    EXPECT_EQ(outcome(transaction->view().begin({})), "unsupported");
}

TEST(RemoteView, IsForItsOwnSessionAlone) {
    ServedStore served;
    const auto mine = served.transport(), others = served.transport();
    const auto view = remote_call(*mine, wire::Begin{}).value();
    EXPECT_EQ(outcome(remote_call(*mine, wire::GetAttr{kRootNode}, Pace::quick, {}, view)), "ok");
    EXPECT_EQ(outcome(remote_call(*others, wire::GetAttr{kRootNode}, Pace::quick, {}, view)), "bad_handle");
    EXPECT_EQ(outcome(remote_call(*others, wire::Commit{}, Pace::quick, {}, view)), "bad_handle");
    EXPECT_EQ(outcome(remote_call(*mine, wire::Commit{})), "bad_handle") << "the volume itself is no transaction";
}

TEST(RemoteView, TakesNoContentThatWasStagedForAnother) {
    ServedStore served;
    const auto transport = served.transport();
    const auto view = remote_call(*transport, wire::Begin{}).value();
    const auto content = remote_call(*transport, wire::Stage{}).value();
    const wire::Put put{.dir = kRootNode, .name = "file", .content = content};
    EXPECT_EQ(outcome(remote_call(*transport, put, Pace::quick, {}, view)), "bad_handle");
    EXPECT_EQ(outcome(remote_call(*transport, put)), "ok");
}

TEST(RemoteView, ClosedBeforeItsFilesItStaysUntilTheyAreClosed) {
    ServedStore served;
    const Attr attr = served.volume().create(kRootNode, "file", {}).value();
    const auto transport = served.transport();
    const auto view = remote_call(*transport, wire::Begin{}).value();
    const auto file =
        remote_call(*transport, wire::OpenFile{attr.node, {.mode = OpenMode::read_write}}, Pace::quick, {}, view).value();
    const auto stream = remote_call(*transport, wire::OpenQuery{}, Pace::quick, {}, view).value();
    EXPECT_EQ(outcome(remote_call(*transport, wire::Close{view})), "ok");
    EXPECT_EQ(outcome(remote_call(*transport, wire::GetAttr{kRootNode}, Pace::quick, {}, view)), "bad_handle");
    const std::string bytes = "bytes";
    EXPECT_EQ(outcome(remote_call(*transport, wire::WriteFile{file, 0, std::as_bytes(std::span(bytes))})), "ok");
    EXPECT_EQ(outcome(remote_call(*transport, wire::NextHits{stream, 10})), "ok");
    EXPECT_EQ(outcome(remote_call(*transport, wire::Close{file})), "ok");
    EXPECT_EQ(outcome(remote_call(*transport, wire::Close{stream})), "ok");
    EXPECT_EQ(served.volume().getattr(attr.node)->size, 0u);
}

TEST(NamedTransaction, SeveralClientsWorkInItOneAfterTheOther) {
    ServedStore served;
    EXPECT_EQ(outcome(served.connect()->begin_named("work", {})), "ok");
    {
        const auto remote = served.connect();
        EXPECT_EQ(put(*remote->open_named("work").value(), "one", "1"), "ok");
    }
    const auto remote = served.connect();
    EXPECT_EQ(outcome(remote->begin_named("work", {})), "exists");
    EXPECT_EQ(remote->named_transactions().value(), std::vector<std::string>{"work"});
    const auto view = remote->open_named("work").value();
    EXPECT_EQ(has(*view, "one"), "ok");
    EXPECT_EQ(put(*view, "two", "2"), "ok");
    EXPECT_EQ(has(*remote, "one"), "not_found");
    EXPECT_EQ(outcome(remote->commit_named("work")), "ok");
    EXPECT_EQ(has(*remote, "one") + " " + has(*remote, "two"), "ok ok");
    EXPECT_EQ(has(*view, "one"), "stale") << "the name is free, who still works in it is told so";
    EXPECT_EQ(remote->named_transactions().value(), std::vector<std::string>{});
}

TEST(NamedTransaction, AbortedOrInConflictItIsGone) {
    ServedStore served;
    const auto remote = served.connect();
    for (const char* name : {"abort", "conflict"}) {
        EXPECT_EQ(outcome(remote->begin_named(name, {})), "ok");
        EXPECT_EQ(put(*remote->open_named(name).value(), "file", "inside"), "ok");
    }
    EXPECT_EQ(put(*remote, "file", "outside"), "ok");
    EXPECT_EQ(outcome(remote->abort_named("abort")), "ok");
    EXPECT_EQ(outcome(remote->commit_named("conflict")), "conflict");
    EXPECT_EQ(remote->named_transactions().value(), std::vector<std::string>{});
    EXPECT_EQ(outcome(remote->commit_named("conflict")), "not_found");
    EXPECT_EQ(outcome(remote->open_named("abort")), "not_found");
}

TEST(RemoteSnapshot, ShowsTheVolumeAsItWas) {
    ServedStore served;
    const auto remote = served.connect();
    put(*remote, "file", large(), {{"kind", "old"}});
    const SnapshotInfo made = remote->make_snapshot("monday").value();
    put(*remote, "file", "changed", {{"kind", "new"}});
    const auto listed = served.connect()->snapshots().value();
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].name, "monday");
    EXPECT_EQ(listed[0].created, made.created);
    {
        const auto snapshot = remote->open_snapshot("monday").value();
        EXPECT_EQ(get(*snapshot, "file"), large());
        EXPECT_EQ(count(*snapshot, "kind=old"), 1u);
        EXPECT_EQ(outcome(snapshot->unlink(kRootNode, "file")), "read_only");
        EXPECT_EQ(outcome(served.connect()->drop_snapshot("monday")), "busy");
    }
    EXPECT_EQ(outcome(remote->drop_snapshot("monday")), "ok");
    EXPECT_EQ(outcome(remote->open_snapshot("monday")), "not_found");
    EXPECT_EQ(get(*remote, "file"), "changed");
}

TEST(RemoteSnapshot, WithoutANameItGoesWithItsClient) {
    ServedStore served;
    std::string directory;
    {
        const auto transport = served.transport();
        const auto view = remote_call(*transport, wire::OpenSnapshot{}).value();
        directory = remote_call(*transport, wire::Info{}, Pace::quick, {}, view).value().description;
        EXPECT_TRUE(boost::filesystem::exists(directory));
    }
    while (boost::filesystem::exists(directory)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(served.volume().snapshots().value().size(), 0u);
}

}  // namespace
}  // namespace asterope

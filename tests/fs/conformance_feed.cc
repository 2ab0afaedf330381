#include <atomic>
#include <thread>

#include "tests/fs/volume_conformance.h"

namespace asterope {
namespace {

bool has(const std::vector<Change>& changes, ChangeKind kind, NodeId node) {
    for (const auto& change : changes) {
        if (change.kind == kind && change.node == node) return true;
    }
    return false;
}

}  // namespace

TEST_P(VolumeConformance, TheFeedTellsEveryKindOfChange) {
    const Sequence start = volume().sequence();
    const NodeId dir = make_dir(kRootNode, "d");
    const NodeId file = make_file(kRootNode, "f", "text");
    ASSERT_EQ(outcome(volume().change_document(file, {{"a", Value(1)}})), "ok");
    ASSERT_EQ(outcome(volume().set_attribute(file, "security.x", "y", SetMode::any)), "ok");
    ASSERT_EQ(outcome(volume().link(file, dir, "g")), "ok");
    ASSERT_EQ(outcome(volume().rename({kRootNode, "f"}, {dir, "h"}, RenameMode::replace)), "ok");
    ASSERT_EQ(outcome(volume().unlink(dir, "g")), "ok");
    const auto changes = changes_since(start);
    EXPECT_TRUE(has(changes, ChangeKind::created, dir));
    EXPECT_TRUE(has(changes, ChangeKind::created, file));
    EXPECT_TRUE(has(changes, ChangeKind::content, file));
    EXPECT_TRUE(has(changes, ChangeKind::document, file));
    EXPECT_TRUE(has(changes, ChangeKind::attributes, file));
    EXPECT_TRUE(has(changes, ChangeKind::linked, file));
    EXPECT_TRUE(has(changes, ChangeKind::removed, file));
    for (const auto& change : changes) {
        if (change.kind == ChangeKind::created && change.node == dir) {
            EXPECT_EQ(change.at, (Link{kRootNode, "d"}));
        }
        if (change.kind != ChangeKind::renamed) continue;
        EXPECT_EQ(change.node, file);
        EXPECT_EQ(change.at, (Link{dir, "h"}));
        EXPECT_EQ(change.from, (Link{kRootNode, "f"}));
    }
}

TEST_P(VolumeConformance, TheFeedGoesOnWhereItWasLeft) {
    const Sequence start = volume().sequence();
    for (int i = 0; i < 20; ++i) make_dir(kRootNode, "d" + std::to_string(i));
    std::vector<std::string> seen;
    Sequence since = start;
    for (;;) {
        const auto changes = volume().changes(since, 3, std::chrono::milliseconds(0));
        ASSERT_EQ(outcome(changes), "ok");
        if (changes->empty()) break;
        ASSERT_LE(changes->size(), 3u);
        for (const auto& change : *changes) {
            EXPECT_GE(change.sequence, since);
            since = change.sequence;
            if (change.kind == ChangeKind::created) seen.push_back(change.at.name);
        }
    }
    ASSERT_EQ(seen.size(), 20u);
    EXPECT_EQ(seen.front(), "d0");
    EXPECT_EQ(seen.back(), "d19");
    EXPECT_EQ(since, volume().sequence());
}

TEST_P(VolumeConformance, WaitingForTheFeedEndsWithTheNextChange) {
    const Sequence start = volume().sequence();
    std::thread writer([&] { make_dir(kRootNode, "d"); });
    const auto changes = volume().changes(start, 10, std::chrono::minutes(5));
    writer.join();
    ASSERT_EQ(outcome(changes), "ok");
    EXPECT_FALSE(changes->empty());
}

TEST_P(VolumeConformance, FailedCallsLeaveNoTraceInTheFeed) {
    make_file(kRootNode, "f");
    const Sequence start = volume().sequence();
    EXPECT_EQ(outcome(volume().create(kRootNode, "f", {})), "exists");
    EXPECT_EQ(outcome(volume().unlink(kRootNode, "none")), "not_found");
    EXPECT_EQ(outcome(volume().rename({kRootNode, "none"}, {kRootNode, "x"}, RenameMode::replace)),
              "not_found");
    EXPECT_TRUE(changes_since(start).empty());
}

TEST_P(VolumeConformance, SyncAnswers) {
    make_file(kRootNode, "f", "text");
    EXPECT_EQ(outcome(volume().sync()), "ok");
}

TEST_P(VolumeConformance, ThreadsThatCreateRenameAndRemoveLeaveTheTreeTheyShould) {
    constexpr int kThreads = 4, kRounds = 100;
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            const std::string mine = "t" + std::to_string(t);
            for (int i = 0; i < kRounds; ++i) {
                const bool made = volume().create(kRootNode, mine, {.type = NodeType::file}).has_value();
                const Status moved =
                    volume().rename({kRootNode, mine}, {kRootNode, mine + "-done"}, RenameMode::replace);
                if (!made || !moved) failures++;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(tree(), "t0-done= t1-done= t2-done= t3-done=");
}

}  // namespace asterope

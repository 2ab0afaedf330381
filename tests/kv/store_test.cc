#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/kv/support.h"

namespace asterope::kv::test {
namespace {

Steps one(std::string key, std::string value) {
    return {{Table::names, std::move(key), false, std::move(value)}};
}

/// Waits for what the background will do; the time limit only ends a test that has failed.
template <class F>
bool eventually(F done) {
    for (int i = 0; i < 30000; ++i) {
        if (done()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

TEST(Store, WithoutCreateAMissingIndexIsNotFound) {
    const TempDir dir;
    const auto store = Store::open(dir.path(), quiet_options(), false);
    ASSERT_FALSE(store);
    EXPECT_EQ(Errc::not_found, store.error().code);
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(Store, AnEmptyBatchHasNoSequenceOfItsOwn) {
    const TempDir dir;
    const auto store = open_store(dir.path(), quiet_options());
    EXPECT_EQ(Sequence{0}, *store->commit(Batch()));
    ASSERT_OK(store->commit(batch_of(one("a", "1"))));
    EXPECT_EQ(Sequence{1}, *store->commit(Batch()));
}

TEST(Store, ASnapshotKeepsItsStateThroughCommitsAndFlushes) {
    const TempDir dir;
    const auto store = open_store(dir.path(), quiet_options());
    ASSERT_OK(store->commit(batch_of(one("a", "1"))));
    const auto first = store->snapshot();
    ASSERT_OK(store->flush());
    const auto second = store->snapshot();
    ASSERT_OK(store->commit(batch_of(one("a", "2"))));
    ASSERT_OK(store->flush());
    ASSERT_OK(store->commit(batch_of({{Table::names, "a", true, ""}})));
    EXPECT_EQ("1", **first->get(Table::names, "a"));
    EXPECT_EQ("1", **second->get(Table::names, "a"));
    EXPECT_FALSE(*store->snapshot()->get(Table::names, "a"));
}

TEST(Store, ManySnapshotsOfManyStatesCanBeHeld) {
    const TempDir dir;
    const auto store = open_store(dir.path(), quiet_options());
    std::vector<std::shared_ptr<const Snapshot>> snapshots;
    for (int i = 0; i < 300; ++i) {  // more than LMDB's default of readers
        ASSERT_OK(store->commit(batch_of(one("a", std::to_string(i)))));
        ASSERT_OK(store->flush());
        snapshots.push_back(store->snapshot());
    }
    for (int i = 0; i < 300; ++i)
        EXPECT_EQ(std::to_string(i), **snapshots[static_cast<std::size_t>(i)]->get(Table::names, "a"));
}

TEST(Store, SyncMakesDurableAndCountsWhatWasSynced) {
    const TempDir dir;
    std::atomic<int> synced{0};
    Options options = quiet_options();
    options.sync_blobs = [&](std::span<const BlobId> blobs) -> Status {
        synced += static_cast<int>(blobs.size());
        return {};
    };
    const auto store = open_store(dir.path(), options);
    Batch batch = batch_of(one("a", "1"));
    batch.refers_to(BlobId{5});
    const Sequence sequence = *store->commit(std::move(batch));
    EXPECT_EQ(Sequence{0}, store->durable_sequence());
    ASSERT_OK(store->sync(sequence));
    EXPECT_EQ(sequence, store->durable_sequence());
    EXPECT_EQ(1, synced);
    ASSERT_OK(store->sync(Sequence{1000}));  // the future is cut to what there is
}

TEST(Store, FlushSyncsBlobsBeforeTheTreeTakesTheirBatches) {
    const TempDir dir;
    bool fails = true;
    Options options = quiet_options();
    options.sync_blobs = [&](std::span<const BlobId>) -> Status {
        return fails ? Status(fail(Errc::io, "the blob is not there")) : Status();
    };
    const auto store = open_store(dir.path(), options);
    Batch batch = batch_of(one("a", "1"));
    batch.refers_to(BlobId{5});
    ASSERT_OK(store->commit(std::move(batch)));
    EXPECT_FALSE(store->flush());
    EXPECT_EQ(0u, store->stats().flushes);
    EXPECT_EQ("1", **store->snapshot()->get(Table::names, "a"));
    ASSERT_OK(store->commit(batch_of(one("b", "2"))));
    fails = false;
    ASSERT_OK(store->flush());
    EXPECT_ROWS((Rows{{{Table::names, "a"}, "1"}, {{Table::names, "b"}, "2"}}), rows_of(*store->snapshot()));
}

TEST(Store, TheBackgroundSyncsAndFlushesByItself) {
    const TempDir dir;
    Options options = quiet_options();
    options.flush_interval_ms = 5;
    options.buffer_age_ms = 10;
    const auto store = open_store(dir.path(), options);
    for (std::uint64_t i = 1; i <= 3; ++i) {
        ASSERT_OK(store->commit(batch_of(one("a", std::to_string(i)))));
        EXPECT_TRUE(eventually([&] { return raw(store->durable_sequence()) == i; }));
        EXPECT_TRUE(
            eventually([&] { return store->stats().flushes >= i && store->stats().buffer_bytes == 0; }));
    }
}

TEST(Store, BuffersStayWithinThreeTimesTheirSize) {
    const TempDir dir;
    Options options = quiet_options();
    options.buffer_bytes = 64u << 10;
    const auto store = open_store(dir.path(), options);
    std::size_t most = 0;
    for (int i = 0; i < 3000; ++i) {
        ASSERT_OK(
            store->commit(batch_of(one("key" + std::to_string(i * 7919 % 3001), std::string(400, 'v')))));
        most = std::max<std::size_t>(most, store->stats().buffer_bytes);
    }
    EXPECT_LE(most, 3 * options.buffer_bytes);
    EXPECT_GT(store->stats().flushes, 5u);
    EXPECT_EQ(3000u, rows_of(*store->snapshot()).size());
}

TEST(Store, ABatchLargerThanAllBuffersGoesAlone) {
    const TempDir dir;
    Options options = quiet_options();
    options.buffer_bytes = 64u << 10;
    const auto store = open_store(dir.path(), options);
    ASSERT_OK(store->commit(batch_of(one("a", "1"))));
    ASSERT_OK(store->commit(batch_of(one("b", std::string(1u << 20, 'v')))));
    ASSERT_OK(store->commit(batch_of(one("c", "3"))));
    EXPECT_EQ(3u, rows_of(*store->snapshot()).size());
}

TEST(Store, AFullIndexRefusesWritersAndKeepsWhatItHas) {
    const TempDir dir;
    Options options = quiet_options();
    options.map_bytes = 1u << 20;
    options.buffer_bytes = 64u << 10;
    auto store = open_store(dir.path(), options);
    std::uint64_t committed = 0;
    Result<Sequence> last = Sequence{0};
    const auto steps_of = [](std::uint64_t i) {
        return one("key" + std::to_string(i), std::string(1000, 'v'));
    };
    while (committed < 10000 && (last = store->commit(batch_of(steps_of(committed))))) ++committed;
    ASSERT_FALSE(last);
    EXPECT_EQ(Errc::no_space, last.error().code);
    EXPECT_EQ(committed, rows_of(*store->snapshot()).size());
    EXPECT_FALSE(store->close());
    store.reset();

    options.map_bytes = 64u << 20;
    store = open_store(dir.path(), options);
    EXPECT_EQ(committed, rows_of(*store->snapshot()).size());
    ASSERT_OK(store->commit(batch_of(one("more", "1"))));
}

TEST(Store, AfterCloseItTakesNothing) {
    const TempDir dir;
    const auto store = open_store(dir.path(), quiet_options());
    ASSERT_OK(store->commit(batch_of(one("a", "1"))));
    ASSERT_OK(store->close());
    ASSERT_OK(store->close());
    EXPECT_EQ(Errc::unavailable, store->commit(batch_of(one("a", "2"))).error().code);
    EXPECT_EQ("1", **store->snapshot()->get(Table::names, "a"));
}

TEST(Store, AHugeAddressSpaceIsAskedForAndLessIsTaken) {
    const TempDir dir;
    Options options = quiet_options();
    options.map_bytes = std::uint64_t{1} << 60;
    const auto store = open_store(dir.path(), options);
    ASSERT_OK(store->commit(batch_of(one("a", "1"))));
    ASSERT_OK(store->flush());
}

}  // namespace
}  // namespace asterope::kv::test

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/kv/support.h"

/// Opening after the death of a process: a copy of an open store is what that leaves on disk and in the page cache.
namespace asterope::kv::test {
namespace {

/// A store, the history of what was committed to it, and copies of its folder.
struct Original {
    explicit Original(std::uint64_t seed, const Options& options = quiet_options())
        : generator(seed), store(open_store(dir.path(), options)) {}

    void commit(std::uint64_t count, std::vector<BlobId> blobs = {}) {
        for (std::uint64_t i = 0; i < count; ++i) {
            const Steps steps = generator.batch();
            Batch batch = batch_of(steps);
            for (const BlobId blob : blobs) batch.refers_to(blob);
            ASSERT_TRUE(store->commit(std::move(batch)).has_value());
            history.add(steps);
        }
    }

    TempDir dir;
    Generator generator;
    History history;
    std::unique_ptr<Store> store;
};

void expect_state(const History& history, std::uint64_t sequence, const std::string& directory,
                  const Options& options) {
    const auto store = open_store(directory, options);
    EXPECT_EQ(sequence, raw(store->last_sequence()));
    EXPECT_ROWS(history.at(sequence), rows_of(*store->snapshot()));
}

TEST(Recovery, AfterTheDeathOfTheProcessNothingAnsweredIsMissing) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Original original(seed);
        original.commit(150);
        ASSERT_OK(original.store->flush());
        original.commit(150);
        const TempDir copy;
        copy_folder(original.dir.path(), copy.path());
        for (int again = 0; again < 2; ++again)
            expect_state(original.history, 300, copy.path(), quiet_options());
    }
}

TEST(Recovery, ReplayingMoreThanABufferWorks) {
    Original original(1);
    original.commit(400);
    const TempDir copy;
    copy_folder(original.dir.path(), copy.path());
    Options options = quiet_options();
    options.buffer_bytes = 4u << 10;
    expect_state(original.history, 400, copy.path(), options);
}

TEST(Recovery, ItSaysWhatItDidAndCountsIt) {
    Original original(1);
    original.commit(20);
    const TempDir copy;
    copy_folder(original.dir.path(), copy.path());
    std::string logged;
    Options options = quiet_options();
    options.log = [&](std::string_view line) { logged += line; };
    EXPECT_EQ(20u, open_store(copy.path(), options)->stats().replayed);
    EXPECT_NE(std::string::npos, logged.find("replayed 20 batches up to 20")) << logged;
    logged.clear();
    EXPECT_EQ(0u, open_store(copy.path(), options)->stats().replayed);
    EXPECT_EQ("", logged);
}

TEST(Recovery, AfterACleanCloseThereIsNothingToReplayEvenAfterAPowerCut) {
    Original original(2);
    original.commit(50, {BlobId{3}});
    ASSERT_OK(original.store->close());
    original.store.reset();
    forge_power_cut(original.dir.path());
    expect_state(original.history, 50, original.dir.path(), quiet_options());
}

TEST(Recovery, AfterAPowerCutItStopsBeforeContentThatMayBeLost) {
    Original original(3);
    original.commit(10);
    original.commit(1, {BlobId{3}});
    ASSERT_OK(original.store->sync(original.store->last_sequence()));
    original.commit(5);
    original.commit(1, {BlobId{4}});
    original.commit(5);
    const TempDir dead, cut;
    copy_folder(original.dir.path(), dead.path());
    copy_folder(original.dir.path(), cut.path());
    forge_power_cut(cut.path());

    std::vector<BlobId> synced;
    Options options = quiet_options();
    options.sync_blobs = [&](std::span<const BlobId> blobs) -> Status {
        synced.assign(blobs.begin(), blobs.end());
        return {};
    };
    expect_state(original.history, 22, dead.path(), options);
    EXPECT_EQ((std::vector<BlobId>{BlobId{4}}), synced);  // before the tree took it in
    synced.clear();
    expect_state(original.history, 16, cut.path(), options);
    EXPECT_TRUE(synced.empty());
    // What was left out never comes back.
    forge_power_cut(cut.path());
    expect_state(original.history, 16, cut.path(), options);
}

TEST(Recovery, ABlobThatCannotBeSyncedKeepsItsBatchInTheJournalAndOutOfTheTree) {
    Original original(4);
    original.commit(5, {BlobId{4}});
    const TempDir copy;
    copy_folder(original.dir.path(), copy.path());
    Options options = quiet_options();
    options.sync_blobs = [](std::span<const BlobId>) -> Status { return fail(Errc::io, "broken"); };
    {
        const auto store = open_store(copy.path(), options);
        EXPECT_ROWS(original.history.at(5), rows_of(*store->snapshot()));
        EXPECT_FALSE(store->flush());
        EXPECT_FALSE(store->close());
    }
    expect_state(original.history, 5, copy.path(), quiet_options());
}

TEST(Recovery, WorkGoesOnAfterEachOfManyDeaths) {
    TempDir now;
    Generator generator(9);
    History history;
    for (int life = 0; life < 25; ++life) {
        const TempDir copy;
        auto store = open_store(now.path(), quiet_options());
        ASSERT_EQ(history.last(), raw(store->last_sequence()));
        ASSERT_ROWS(history.at(history.last()), rows_of(*store->snapshot()));
        for (std::uint64_t i = generator.below(60); i > 0; --i) {
            const Steps steps = generator.batch();
            ASSERT_OK(store->commit(batch_of(steps)));
            history.add(steps);
            if (generator.below(30) == 0) ASSERT_OK(store->flush());
        }
        copy_folder(now.path(), copy.path());
        store.reset();
        std::filesystem::remove_all(now.path());
        copy_folder(copy.path(), now.path());
    }
}

/// The n-th batch of the process that is to be killed.
Steps counted(std::uint64_t n) {
    return {{Table::names, "count", false, std::to_string(n)},
            {Table::nodes, std::to_string(n % 500), false, std::string(n % 300, 'v')}};
}

/// Writes the number of each answered batch to `out`, until it is killed.
[[noreturn]] void write_until_killed(const std::string& directory, int out) {
    Options options = quiet_options();
    options.buffer_bytes = 32u << 10;
    options.flush_interval_ms = 2;
    auto store = Store::open(directory, options, true);
    if (!store) ::_exit(1);
    for (std::uint64_t n = raw((*store)->last_sequence()) + 1;; ++n) {
        if (!(*store)->commit(batch_of(counted(n)))) ::_exit(1);
        if (::write(out, &n, sizeof n) != sizeof n) ::_exit(1);
    }
}

TEST(Recovery, WhatWasAnsweredBeforeKillIsThere) {
    const TempDir dir;
    std::mt19937_64 random(5);
    std::uint64_t answered = 0;
    for (int life = 0; life < 8; ++life) {
        int pipe[2];
        ASSERT_EQ(0, ::pipe(pipe));
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) write_until_killed(dir.path(), pipe[1]);
        ::close(pipe[1]);
        const std::uint64_t until = answered + 500 + random() % 3000;
        while (answered < until && ::read(pipe[0], &answered, sizeof answered) == sizeof answered) {
        }
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(child, ::waitpid(child, &status, 0));
        EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
        while (::read(pipe[0], &answered, sizeof answered) == sizeof answered) {
        }
        ::close(pipe[0]);

        auto store = open_store(dir.path(), quiet_options());
        const std::uint64_t last = raw(store->last_sequence());
        EXPECT_TRUE(last == answered || last == answered + 1) << last << " after " << answered;
        Rows expected;
        for (std::uint64_t n = last > 500 ? last - 499 : 1; n <= last; ++n) apply_steps(expected, counted(n));
        EXPECT_ROWS(expected, rows_of(*store->snapshot()));
        answered = last;
    }
}

}  // namespace
}  // namespace asterope::kv::test

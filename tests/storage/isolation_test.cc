#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/storage/isolation/schedule.h"
#include "tests/storage/temporary_store.h"

namespace asterope {
namespace {

using isolation::Schedule;
using isolation::Tally;

/// From the environment: ASTEROPE_SEED, and ASTEROPE_SCHEDULES of each kind.
std::uint64_t number_of_run(const char* name, std::uint64_t otherwise) {
    const char* const given = std::getenv(name);
    return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

void remove_all(Volume& volume, NodeId dir) {
    const auto entries = volume.list(dir, 0, 1000).value();
    for (const DirEntry& entry : entries) {
        if (entry.type == NodeType::directory) {
            remove_all(volume, entry.node);
            volume.rmdir(dir, entry.name).value();
        } else {
            volume.unlink(dir, entry.name).value();
        }
    }
}

/// Runs many schedules on one store, each with another seed.
Tally run_schedules(std::optional<Isolation> level) {
    const std::uint64_t count = number_of_run("ASTEROPE_SCHEDULES", 100);
    const std::uint64_t first = number_of_run("ASTEROPE_SEED", std::random_device()());
    std::printf("%llu schedules from seed %llu on (ASTEROPE_SCHEDULES, ASTEROPE_SEED)\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(first));
    TemporaryStore store({.on_replace = OnReplace::posix});
    Tally tally;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const std::string problem = Schedule(store.volume(), seed, level, tally).run();
        EXPECT_EQ(problem, "") << "seed " << seed;
        remove_all(store.volume(), kRootNode);
        if (!problem.empty()) break;
    }
    EXPECT_EQ(problems(store.volume()), "");
    std::printf("read_committed, snapshot, serializable: committed %d %d %d, conflicts %d %d %d; aborted %d, skews %d, mixtures %d\n", tally.committed[0], tally.committed[1],
                tally.committed[2], tally.conflicts[0], tally.conflicts[1], tally.conflicts[2], tally.aborted, tally.skews, tally.mixtures);
    return tally;
}

bool came_often(const Tally& tally, Isolation level) {
    return tally.committed[static_cast<int>(level)] > 5 && tally.conflicts[static_cast<int>(level)] > 5;
}

TEST(Isolation, SerializableTransactionsRunAsIfOneAfterTheOther) {
    EXPECT_TRUE(came_often(run_schedules(Isolation::serializable), Isolation::serializable));
}

TEST(Isolation, SnapshotTransactionsSeeOneStateAndTheFirstCommitterWins) {
    const Tally tally = run_schedules(Isolation::snapshot);
    EXPECT_TRUE(came_often(tally, Isolation::snapshot));
    EXPECT_GT(tally.skews, 0) << "write skew is allowed";
}

TEST(Isolation, ReadCommittedTransactionsSeeWhatIsCommittedAndTheirOwn) {
    const Tally tally = run_schedules(Isolation::read_committed);
    EXPECT_TRUE(came_often(tally, Isolation::read_committed));
    EXPECT_GT(tally.mixtures, 0) << "the last to commit wins";
}

TEST(Isolation, TransactionsOfAllLevelsKeepTheirPromisesToEachOther) { run_schedules(std::nullopt); }

}  // namespace
}  // namespace asterope

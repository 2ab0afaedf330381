#include "engine/storage/kv/journal.h"

#include <thread>

#include "engine/storage/kv/journal_replay.h"
#include "tests/kv/support.h"

namespace asterope::kv::test {
namespace {

constexpr std::uint64_t kSmallSegment = 4096;

JournalOptions options_in(const TempDir& dir) {
    JournalOptions options;
    options.directory = dir.path();
    options.segment_bytes = kSmallSegment;
    return options;
}

std::unique_ptr<Journal> start(JournalOptions options) {
    auto journal = Journal::start(std::move(options));
    if (!journal) {
        ADD_FAILURE() << journal.error().text();
        std::abort();
    }
    return std::move(*journal);
}

std::string payload_of(std::uint64_t sequence) {
    return "batch " + std::to_string(sequence) + std::string(sequence % 97, '.');
}

void append(Journal& journal, std::uint64_t first, std::uint64_t last, std::vector<BlobId> blobs = {}) {
    for (std::uint64_t i = first; i <= last; ++i) ASSERT_OK(journal.append(i, blobs, payload_of(i), false));
}

struct Replayed {
    std::uint64_t last = 0;
    std::string stopped_by;
};

/// Replays, and checks that the batches are those from applied + 1 on without a gap.
Replayed replay_all(const std::string& directory, std::uint64_t applied = 0, bool power_cut = false) {
    auto plan = plan_replay(directory, applied, power_cut);
    EXPECT_TRUE(plan.has_value());
    std::uint64_t last = applied;
    const Status done = replay(*plan, [&](const Record& record) -> Status {
        EXPECT_EQ(++last, record.sequence);
        EXPECT_EQ(payload_of(last), record.payload);
        return {};
    });
    EXPECT_TRUE(done.has_value());
    EXPECT_EQ(plan->last, last);
    return {last, plan->stopped_by};
}

/// Fails the calls of one kind, from the `first`-th on, `count` times.
class Faults {
  public:
    Faults(DiskCall call, int error, int first = 1, int count = 1 << 30) {
        set_disk_fault([=, seen = std::make_shared<int>(0)](DiskCall now) {
            if (now != call) return 0;
            const int n = ++*seen;
            return n >= first && n < first + count ? error : 0;
        });
    }
    ~Faults() { set_disk_fault({}); }
};

TEST(Journal, WhatIsAppendedIsReplayedOverSegments) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    append(*journal, 1, 300);
    EXPECT_GT(list_segments(dir.path())->size(), 4u);
    EXPECT_EQ(300u, replay_all(dir.path()).last);
    for (const std::uint64_t applied : {1, 57, 299, 300})
        EXPECT_EQ(300u, replay_all(dir.path(), applied).last);
}

TEST(Journal, ABatchLargerThanASegmentGetsItsOwn) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    append(*journal, 1, 3);
    const std::string large(5 * kSmallSegment, 'x');
    ASSERT_OK(journal->append(4, {}, large, false));
    append(*journal, 5, 6);
    const auto plan = plan_replay(dir.path(), 3, false);
    std::vector<std::string> payloads;
    ASSERT_OK(replay(*plan, [&](const Record& record) -> Status {
        payloads.emplace_back(record.payload);
        return {};
    }));
    EXPECT_EQ((std::vector<std::string>{large, payload_of(5), payload_of(6)}), payloads);
}

TEST(Journal, CutAtAnyByteItReplaysThePrefixBefore) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    append(*journal, 1, 12);
    const auto plan = plan_replay(dir.path(), 0, false);
    ASSERT_EQ(1u, plan->parts.size());
    const std::string path = plan->parts[0].path;
    const std::string whole = read_file(path);
    std::vector<std::size_t> ends(1, kSegmentHeaderBytes);
    for (std::uint64_t i = 1; i <= 12; ++i)
        ends.push_back(ends.back() + record_bytes(0, payload_of(i).size()));
    ASSERT_EQ(plan->parts[0].end, ends.back());

    for (std::size_t bytes = 0; bytes <= ends.back(); ++bytes) {
        const auto expected =
            bytes < ends[0] ? 0 : std::upper_bound(ends.begin(), ends.end(), bytes) - ends.begin() - 1;
        write_file(path, whole.substr(0, bytes));
        ASSERT_EQ(static_cast<std::uint64_t>(expected), replay_all(dir.path()).last) << bytes;
        std::string zeroed = whole;  // as a lost page leaves it
        std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(bytes), zeroed.end(), '\0');
        write_file(path, zeroed);
        ASSERT_EQ(static_cast<std::uint64_t>(expected), replay_all(dir.path()).last) << bytes;
    }
}

TEST(Journal, AnyDamagedByteEndsItBeforeTheDamagedBatch) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    append(*journal, 1, 12);
    const auto plan = plan_replay(dir.path(), 0, false);
    const std::string path = plan->parts[0].path;
    const std::string whole = read_file(path);
    std::size_t at = kSegmentHeaderBytes;
    for (std::uint64_t sequence = 1; sequence <= 12; ++sequence) {
        const std::size_t end = at + record_bytes(0, payload_of(sequence).size());
        for (; at < end; ++at) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
            write_file(path, damaged);
            ASSERT_EQ(sequence - 1, replay_all(dir.path()).last) << at;
        }
    }
}

TEST(Journal, NothingAfterAMissingSegmentIsReplayed) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    append(*journal, 1, 300);
    const auto plan = plan_replay(dir.path(), 0, false);
    ASSERT_GT(plan->parts.size(), 3u);
    std::remove(plan->parts[2].path.c_str());
    const Replayed replayed = replay_all(dir.path());
    EXPECT_EQ(plan->parts[2].header.first_sequence - 1, replayed.last);
    EXPECT_NE("", replayed.stopped_by);
}

TEST(Journal, SegmentsUsedAgainNeverBringBackWhatTheyHeld) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    std::uint64_t last = 0;
    for (int round = 0; round < 30; ++round) {
        append(*journal, last + 1, last + 100);
        last += 100;
        ASSERT_OK(journal->sync(last));
        journal->drop_through(last - 20);
        ASSERT_EQ(last, replay_all(dir.path(), last - 20).last);
        ASSERT_EQ(last, replay_all(dir.path(), last).last);
    }
    EXPECT_LT(list_segments(dir.path())->size(), 12u);
}

TEST(Journal, ANewJournalSupersedesTheRestOfTheOldOne) {
    const TempDir dir;
    {
        const auto journal = start(options_in(dir));
        append(*journal, 1, 300);
    }
    const auto plan = plan_replay(dir.path(), 0, false);
    JournalOptions options = options_in(dir);
    options.next_id = plan->next_id;
    options.next_sequence = 51;  // as if batch 51 had been found damaged
    options.old_files = plan->files;
    const auto journal = start(std::move(options));
    EXPECT_EQ(50u, replay_all(dir.path(), 50).last);
    append(*journal, 51, 60);
    EXPECT_EQ(60u, replay_all(dir.path(), 50).last);
}

TEST(Journal, AClearedOneHasNothingToReplay) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    append(*journal, 1, 300);
    ASSERT_OK(journal->sync(300));
    journal->drop_through(300);
    ASSERT_OK(journal->clear());
    EXPECT_EQ(300u, replay_all(dir.path(), 300).last);
    EXPECT_LE(list_segments(dir.path())->size(), 2u);
}

// --- Content that may not be durable

TEST(JournalBlobs, AfterAPowerCutItStopsBeforeAMarkedBatchWithoutCompanion) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    append(*journal, 1, 3);
    append(*journal, 4, 4, {BlobId{7}});
    append(*journal, 5, 6);
    EXPECT_EQ(6u, replay_all(dir.path(), 0, false).last);
    EXPECT_EQ(3u, replay_all(dir.path(), 0, true).last);
    EXPECT_EQ(6u, replay_all(dir.path(), 4, true).last);  // it is in the tree: its content was durable
}

TEST(JournalBlobs, SyncMakesTheBlobsDurableFirstAndSaysSo) {
    const TempDir dir;
    JournalOptions options = options_in(dir);
    std::vector<BlobId> synced;
    options.sync_blobs = [&](std::span<const BlobId> blobs) -> Status {
        synced.assign(blobs.begin(), blobs.end());
        return {};
    };
    const auto journal = start(std::move(options));
    append(*journal, 1, 2, {BlobId{9}, BlobId{7}});
    ASSERT_OK(journal->sync(2));
    EXPECT_EQ((std::vector<BlobId>{BlobId{7}, BlobId{9}}), synced);
    append(*journal, 3, 3);
    EXPECT_EQ(3u, replay_all(dir.path(), 0, true).last);
    append(*journal, 4, 4, {BlobId{7}});  // written to again: the companion above does not cover it
    append(*journal, 5, 5);
    EXPECT_EQ(3u, replay_all(dir.path(), 0, true).last);
    ASSERT_OK(journal->sync(5));
    EXPECT_EQ(5u, replay_all(dir.path(), 0, true).last);
}

TEST(JournalBlobs, WhenABlobCannotBeSyncedItsBatchIsNotDurableAndCanBeTriedAgain) {
    const TempDir dir;
    JournalOptions options = options_in(dir);
    int failures = 1;
    options.sync_blobs = [&](std::span<const BlobId>) -> Status {
        return failures-- > 0 ? Status(fail(Errc::io, "no such luck")) : Status();
    };
    const auto journal = start(std::move(options));
    append(*journal, 1, 1, {BlobId{9}});
    EXPECT_FALSE(journal->sync(1));
    EXPECT_EQ(0u, journal->durable_sequence());
    EXPECT_EQ(0u, replay_all(dir.path(), 0, true).last);
    ASSERT_OK(journal->sync(1));
    EXPECT_EQ(1u, replay_all(dir.path(), 0, true).last);
}

// --- Group commit

TEST(Journal, OneSyncServesAllWhoWait) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    constexpr std::uint64_t kPerThread = 200;
    std::mutex order;
    std::uint64_t last = 0;
    const auto work = [&] {
        for (std::uint64_t i = 0; i < kPerThread; ++i) {
            std::uint64_t mine = 0;
            {
                const std::lock_guard lock(order);
                mine = ++last;
                ASSERT_OK(journal->append(mine, {}, payload_of(mine), false));
            }
            ASSERT_OK(journal->sync(mine));
            ASSERT_GE(journal->durable_sequence(), mine);
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(journal->sync_count(), 4 * kPerThread + 1);
    EXPECT_EQ(4 * kPerThread, replay_all(dir.path()).last);
}

// --- Failing disks

TEST(JournalFaults, AFailedWriteChangesNothing) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    append(*journal, 1, 5);
    {
        const Faults faults(DiskCall::write, ENOSPC, 1, 1);
        const Status refused = journal->append(6, {}, payload_of(6), false);
        ASSERT_FALSE(refused);
        EXPECT_EQ(Errc::no_space, refused.error().code);
    }
    EXPECT_EQ(5u, replay_all(dir.path()).last);
    append(*journal, 6, 8);
    EXPECT_EQ(8u, replay_all(dir.path()).last);
}

TEST(JournalFaults, OnAFullDiskOnlyTheReserveIsLeft) {
    const TempDir dir;
    const auto journal = start(options_in(dir));
    ASSERT_OK(journal->prepare_spares());
    auto faults = std::make_unique<Faults>(DiskCall::reserve, ENOSPC);
    std::uint64_t next = 1;
    Status status;
    while ((status = journal->append(next, {}, payload_of(next), false))) ++next;
    EXPECT_EQ(Errc::no_space, status.error().code);
    EXPECT_EQ(next - 1, replay_all(dir.path()).last);
    const std::uint64_t refused = next;
    while ((status = journal->append(next, {}, payload_of(next), true))) ++next;
    EXPECT_GT(next, refused + 10);
    EXPECT_EQ(Errc::no_space, status.error().code);
    ASSERT_OK(journal->sync(next - 1));
    EXPECT_EQ(next - 1, replay_all(dir.path()).last);
    journal->drop_through(next - 1);
    // The segment that became free is the reserve again.
    EXPECT_FALSE(journal->append(next, {}, payload_of(next), false));
    ASSERT_OK(journal->append(next, {}, payload_of(next), true));
    faults.reset();
    append(*journal, next + 1, next + 200);
}

TEST(JournalFaults, AfterAFailedSyncWhatIsNotDurableIsWrittenAgain) {
    for (const bool several_segments : {false, true}) {
        const TempDir dir;
        const auto journal = start(options_in(dir));
        append(*journal, 1, 10);
        ASSERT_OK(journal->sync(10));
        const std::uint64_t last = several_segments ? 300 : 20;
        append(*journal, 11, last, {BlobId{5}});
        const auto before = plan_replay(dir.path(), 0, false);
        {
            const Faults faults(DiskCall::sync, EIO, 1, 1);
            ASSERT_OK(journal->sync(last));
        }
        EXPECT_EQ(last, journal->durable_sequence());
        EXPECT_EQ(last, replay_all(dir.path(), 0, true).last);
        append(*journal, last + 1, last + 5);
        // The kernel has dropped the pages of the old segments.
        for (const auto& part : before->parts) {
            std::string bytes = read_file(part.path);
            std::size_t kept = 0;
            if (part.header.id == before->parts[0].header.id) {
                kept = kSegmentHeaderBytes;
                for (std::uint64_t i = 1; i <= 10; ++i) kept += record_bytes(0, payload_of(i).size());
            }
            std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(kept), bytes.end(), '\0');
            write_file(part.path, bytes);
        }
        EXPECT_EQ(last + 5, replay_all(dir.path(), 0, true).last);
        ASSERT_OK(journal->sync(last + 5));
        journal->drop_through(last + 5);
        append(*journal, last + 6, last + 300);
        EXPECT_EQ(last + 300, replay_all(dir.path(), last + 5).last);
    }
}

TEST(JournalFaults, WhenThatFailsTooTheJournalIsReadOnlyAndLosesNothing) {
    for (const DiskCall second : {DiskCall::sync, DiskCall::write, DiskCall::reserve}) {
        const TempDir dir;
        std::string logged;
        JournalOptions options = options_in(dir);
        options.log = [&](std::string_view line) { logged += line; };
        const auto journal = start(std::move(options));
        append(*journal, 1, 100);
        set_disk_fault([&, failed = std::make_shared<bool>(false)](DiskCall call) {
            if (call == DiskCall::sync) *failed = true;
            return call == DiskCall::sync || (*failed && call == second) ? EIO : 0;
        });
        const Status status = journal->sync(100);
        set_disk_fault({});
        ASSERT_FALSE(status);
        EXPECT_EQ(Errc::read_only, status.error().code);
        EXPECT_NE(std::string::npos, logged.find("read-only"));
        EXPECT_EQ(Errc::read_only, journal->append(101, {}, "x", true).error().code);
        EXPECT_EQ(Errc::read_only, journal->sync(100).error().code);
        EXPECT_EQ(0u, journal->durable_sequence());
        EXPECT_EQ(100u, replay_all(dir.path()).last);
    }
}

}  // namespace
}  // namespace asterope::kv::test

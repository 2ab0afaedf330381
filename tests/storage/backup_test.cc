#include "engine/storage/backup.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <thread>

#include "tests/storage/temporary_store.h"
#include "tests/storage/volume_text.h"
#include "tests/storage/whole_volume.h"

namespace asterope {
namespace {

namespace filesystem = boost::filesystem;

/// A store, and a place for its backup.
class Backup : public testing::Test {
  protected:
    Backup() {
        filesystem::create_directory(folder_);
        put(store_.volume(), "small", "inline", {{"kind", "small"}, {"n", 1}});
        put(store_.volume(), "large", large('a'), {{"kind", "large"}, {"n", 2}});
        put(store_.volume(), "written", large('b'));
    }
    ~Backup() override {
        boost::system::error_code ignored;
        filesystem::remove_all(folder_, ignored);
    }
    Volume& volume() { return store_.volume(); }
    std::string place() const { return folder_ + "/backup"; }

    Result<BackupReport> back_up_now(const std::string& to) {
        const auto now = volume().open_snapshot("");
        if (!now) return Unexpected(now.error());
        return back_up((*now)->info().description, to, {});
    }
    /// "copied/all blobs" or the error.
    std::string outcome_of_backup() {
        const auto report = back_up_now(place());
        if (!report) return std::string(name_of(report.error().code)) + ": " + report.error().message;
        return std::to_string(report->copied_blobs) + "/" + std::to_string(report->blobs);
    }
    /// What the backup shows, opened as a store, and what is wrong with it.
    std::string backup_text() {
        const auto opened = LocalVolume::open(place(), {});
        if (!opened) return opened.error().message;
        return whole(**opened) + problems(**opened);
    }
    void write_in_place(std::string_view name, std::uint64_t offset, std::string_view bytes) {
        const NodeId node = volume().lookup(kRootNode, name).value().node;
        const auto file = volume().open(node, {.mode = OpenMode::read_write}).value();
        ASSERT_TRUE(file->write(offset, std::as_bytes(std::span(bytes))));
    }

    const std::string folder_ = filesystem::unique_path(filesystem::temp_directory_path() / "asterope-backup-%%%%%%%%").string();
    TemporaryStore store_;
};

TEST_F(Backup, IsTheStoreAsItWasAtThatMoment) {
    const auto snapshot = volume().open_snapshot("").value();
    const std::string then = whole(volume());
    put(volume(), "large", large('A'), {{"kind", "changed"}});
    write_in_place("written", 5, "later");
    EXPECT_EQ(outcome(volume().unlink(kRootNode, "small")), "ok");
    const auto report = back_up(snapshot->info().description, place(), {});
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(backup_text(), then);
    const auto opened = TemporaryStore::open_at(place());
    EXPECT_EQ(opened->info().uuid, volume().info().uuid);
    EXPECT_EQ(count(*opened, "kind = large"), 1u);
    EXPECT_FALSE(filesystem::exists(place() + "/incoming"));
}

TEST_F(Backup, ALaterOneCopiesWhatChangedAndRemovesWhatIsGone) {
    EXPECT_EQ(outcome_of_backup(), "2/2");
    EXPECT_EQ(outcome_of_backup(), "0/2");
    EXPECT_EQ(backup_text(), whole(volume()));
    write_in_place("written", 5, "in place");
    put(volume(), "new", large('n'));
    EXPECT_EQ(outcome(volume().unlink(kRootNode, "large")), "ok");
    EXPECT_EQ(outcome_of_backup(), "2/2");
    EXPECT_EQ(backup_text(), whole(volume()));
    EXPECT_EQ(TemporaryStore::open_at(place())->blob_files().list().value().size(), 2u);
    EXPECT_EQ(outcome_of_backup(), "0/2") << "also after the backup was opened";
}

TEST_F(Backup, OfANamedSnapshotIsTheStateThatItKeeps) {
    const std::string then = whole(volume());
    EXPECT_EQ(outcome(volume().make_snapshot("monday")), "ok");
    put(volume(), "large", large('A'));
    const auto monday = volume().open_snapshot("monday").value();
    ASSERT_TRUE(back_up(monday->info().description, place(), {}));
    EXPECT_EQ(backup_text(), then);
}

TEST_F(Backup, IsMadeOfWhatWasWrittenAndIsStillOpen) {
    const NodeId node = volume().lookup(kRootNode, "written").value().node;
    const auto file = volume().open(node, {.mode = OpenMode::read_write}).value();
    EXPECT_EQ(outcome(file->write(0, std::as_bytes(std::span("first", 5)))), "ok");
    EXPECT_EQ(outcome_of_backup(), "2/2");
    EXPECT_EQ(outcome(file->write(0, std::as_bytes(std::span("later", 5)))), "ok");
    EXPECT_EQ(get(*TemporaryStore::open_at(place()), "written").substr(0, 6), "firstb");
}

TEST_F(Backup, GoesNowhereElse) {
    filesystem::create_directory(place());
    filesystem::save_string_file(place() + "/mine", "text");
    EXPECT_EQ(outcome_of_backup(), "exists: '" + place() + "' is not empty");
    filesystem::create_directory(place() + "/incoming");
    filesystem::rename(place() + "/mine", place() + "/incoming/mine");
    EXPECT_EQ(outcome_of_backup(), "exists: '" + place() + "' is not empty");
    EXPECT_TRUE(filesystem::exists(place() + "/incoming/mine"));
    filesystem::remove_all(place());

    const TemporaryStore other;
    const auto to_another = back_up_now(other.path());
    ASSERT_FALSE(to_another);
    EXPECT_NE(to_another.error().message.find("another store"), std::string::npos);
    EXPECT_EQ(outcome(back_up_now(store_.path() + "/backup")), "invalid");
    EXPECT_EQ(outcome(back_up_now(store_.path())), "busy");
    EXPECT_EQ(outcome_of_backup(), "2/2");
    const auto opened = TemporaryStore::open_at(place());
    EXPECT_EQ(outcome(back_up_now(place())), "busy");
    EXPECT_EQ(outcome(opened->make_snapshot("kept")), "ok");
}

TEST_F(Backup, DoesNotDamageSnapshotsOfTheBackup) {
    EXPECT_EQ(outcome_of_backup(), "2/2");
    EXPECT_EQ(outcome(TemporaryStore::open_at(place())->make_snapshot("kept")), "ok");
    EXPECT_EQ(outcome_of_backup().substr(0, 6), "exists");
    EXPECT_EQ(outcome(TemporaryStore::open_at(place())->drop_snapshot("kept")), "ok");
    EXPECT_EQ(outcome_of_backup(), "0/2");
}

TEST_F(Backup, ThatCannotBeConfirmedDoesNotCount) {
    EXPECT_EQ(outcome_of_backup(), "2/2");
    const std::string before = whole(volume());
    write_in_place("written", 0, "changed");
    const auto now = volume().open_snapshot("").value();
    const auto refused = back_up(now->info().description, place(), {.confirm = [] { return Status(fail(Errc::unavailable)); }});
    EXPECT_EQ(outcome(refused), "unavailable");
    EXPECT_EQ(backup_text(), before);
}

TEST_F(Backup, NeedsNoReflinkAndNoCommonFilesystem) {
    const filesystem::path memory = filesystem::unique_path("/dev/shm/asterope-backup-%%%%%%%%");
    if (!filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "no /dev/shm here";
    const auto report = back_up_now(memory.string());
    EXPECT_TRUE(report) << report.error().text();
    EXPECT_EQ(get(*TemporaryStore::open_at(memory.string()), "large"), large('a'));
    filesystem::remove_all(memory);
}

/// Some changes of every kind that matters to a backup.
void change(Volume& volume, std::mt19937_64& random) {
    for (int i = 0; i < 8; ++i) {
        const std::string name = "f" + std::to_string(random() % 12);
        const auto there = volume.lookup(kRootNode, name);
        const std::size_t size = random() % 3 == 0 ? 100 : 20'000 + random() % 100'000;
        const char fill = static_cast<char>('a' + random() % 26);
        if (there && random() % 3 == 0) {
            EXPECT_EQ(outcome(volume.unlink(kRootNode, name)), "ok");
        } else if (there && random() % 2 == 0) {
            const auto file = volume.open(there->node, {.mode = OpenMode::read_write}).value();
            const std::string bytes(1000, fill);
            EXPECT_EQ(outcome(file->write(random() % 10'000, std::as_bytes(std::span(bytes)))), "ok");
        } else {
            EXPECT_EQ(put(volume, name, std::string(size, fill), {{"fill", std::string(1, fill)}}), "ok");
        }
    }
}

/// Backs the store up in a process of its own, and kills that after `microseconds`. True: it had finished.
bool back_up_and_die(const std::string& store, const std::string& to, unsigned microseconds) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto volume = LocalVolume::open(store, {});
        if (!volume) ::_exit(2);
        const auto now = (*volume)->open_snapshot("");
        const auto done = now ? back_up((*now)->info().description, to, {}) : Unexpected(now.error());
        ::_exit(done ? 0 : 3);
    }
    ::usleep(microseconds);
    ::kill(child, SIGKILL);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << WEXITSTATUS(status);
    return WIFEXITED(status);
}

TEST_F(Backup, KilledAnywhereItIsTheOldStateOrTheNew) {
    const std::uint64_t seed = std::random_device()();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    std::vector<std::string> states;
    int finished = 0, old = 0, fresh = 0;
    constexpr int kRounds = 30;
    states.reserve(kRounds);
    std::size_t oldest = 0;  // what the backup may be: this state, or a later one
    bool any = false;
    for (int round = 0; round < kRounds; ++round) {
        change(volume(), random);
        states.push_back(whole(volume()));
        store_.close();
        finished += back_up_and_die(store_.path(), place(), static_cast<unsigned>(random() % 300'000)) ? 1 : 0;
        store_.open();
        const std::string found = backup_text();
        const bool none_yet = !any && (found.find("not complete") != found.npos || found.find("does not exist") != found.npos ||
                                       found.find("no FORMAT") != found.npos);
        if (none_yet) continue;
        const auto at = std::find(states.begin() + static_cast<std::ptrdiff_t>(oldest), states.end(), found);
        ASSERT_TRUE(at != states.end()) << "found\n" << found << "now\n" << states.back();
        any = true;
        oldest = static_cast<std::size_t>(at - states.begin());
        ++(found == states.back() ? fresh : old);
    }
    std::cout << finished << " finished; " << old << " stayed as they were, " << fresh << " are new\n";
    EXPECT_NE(outcome_of_backup().find('/'), std::string::npos);
    EXPECT_EQ(backup_text(), whole(volume()));
}

TEST_F(Backup, InterruptedWhileItIsPutInPlaceItIsFinishedByWhoeverOpensIt) {
    EXPECT_EQ(outcome_of_backup(), "2/2");
    put(volume(), "new", large('n'));
    const std::string now = whole(volume());
    // As it is when everything has come, and nothing is in its place.
    const std::string copy = folder_ + "/interrupted";
    const auto snapshot = volume().open_snapshot("").value();
    const auto stop = [&] {
        filesystem::copy(place(), copy, filesystem::copy_options::recursive);
        filesystem::save_string_file(copy + "/incoming/COMPLETE", "complete\n");
        return Status(fail(Errc::interrupted));
    };
    EXPECT_EQ(outcome(back_up(snapshot->info().description, place(), {.confirm = stop})), "interrupted");
    {
        const auto opened = TemporaryStore::open_at(copy);
        EXPECT_EQ(whole(*opened), now);
        EXPECT_EQ(problems(*opened), "");
    }
    EXPECT_FALSE(filesystem::exists(copy + "/incoming"));
    EXPECT_EQ(outcome_of_backup(), "0/3") << "the other goes on where it was";
}

}  // namespace
}  // namespace asterope

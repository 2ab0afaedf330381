#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "tests/crash/loop_filesystem.h"
#include "tests/crash/own_mounts.h"
#include "tests/crash/session.h"
#include "tests/seed.h"

/// What engine/DESIGN.md promises for crashes, tried at random moments. soak.sh does it many more times.
namespace asterope::crash {
namespace {

constexpr std::uint64_t kDiskBytes = std::uint64_t{1} << 30;

int cuts() { return count_of_run("ASTEROPE_CUTS", 3); }
int kills() { return count_of_run("ASTEROPE_KILLS", 5); }

class Folder {
  public:
    Folder() : path_((std::filesystem::temp_directory_path() / "asterope-crash-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string sub(const char* name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

void cut_power_often(const char* type) {
    LoopFilesystem disk(type, kDiskBytes);
    Session session(disk.path() + "/store", seed_of_test());
    for (int i = cuts(); i > 0 && !testing::Test::HasFailure(); --i) {
        session.live([&] { disk.cut_power(); });
        disk.remount();
        EXPECT_EQ(session.check(Crash::power_cut), "");
    }
    std::printf("power cuts on %s: %s\n", type, session.summary().c_str());
}

/// The process dies, another opens the store, and then the power is cut.
void cut_power_after_recovery(const char* type) {
    LoopFilesystem disk(type, kDiskBytes);
    Session session(disk.path() + "/store", seed_of_test());
    for (int i = cuts(); i > 0 && !testing::Test::HasFailure(); --i) {
        session.live([] {});
        Child heir([&] { only_open(session.store()); });
        std::this_thread::sleep_for(std::chrono::milliseconds(session.below(400)));
        disk.cut_power();
        heir.kill();
        disk.remount();
        EXPECT_EQ(session.check(Crash::power_cut), "");
    }
    std::printf("kills, then power cuts on %s: %s\n", type, session.summary().c_str());
}

bool is_mounted(const std::string& directory) {
    struct stat inside {}, above {};
    return ::stat(directory.c_str(), &inside) == 0 && ::stat((directory + "/..").c_str(), &above) == 0 && inside.st_dev != above.st_dev;
}

void serve_mount(const std::string& store, const std::string& directory, const std::string& log) {
    ::execl(ASTEROPE_PROGRAM, "asterope", "mount", "--foreground", "--log", log.c_str(), store.c_str(), directory.c_str(), nullptr);
}

}  // namespace

TEST(Crash, AKilledProcessLosesNothingAnswered) {
    const Folder folder;
    Session session(folder.sub("store"), seed_of_test());
    for (int i = kills(); i > 0 && !HasFailure(); --i) {
        session.live([] {});
        EXPECT_EQ(session.check(Crash::kill), "");
    }
    std::printf("kill -9: %s\n", session.summary().c_str());
}

TEST(Crash, AKilledMountLosesNothingAnswered) {
    ASTEROPE_NEEDS_MOUNTS();
    if (::access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "SKIPPED, not passed: /dev/fuse cannot be used";
    const Folder folder;
    const std::string directory = folder.sub("mnt");
    std::filesystem::create_directory(directory);
    Session session(folder.sub("store"), seed_of_test());
    for (int i = kills(); i > 0 && !HasFailure(); --i) {
        Child server([&] { serve_mount(session.store(), directory, folder.sub("log")); });
        while (server.running() && !is_mounted(directory)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        ASSERT_TRUE(server.running()) << "the mount did not come up";
        session.live_through(directory, [&] { server.kill(); });
        ASSERT_EQ(::umount2(directory.c_str(), MNT_DETACH), 0);
        EXPECT_EQ(session.check(Crash::kill), "");
    }
    std::printf("kill -9 of a mount: %s\n", session.summary().c_str());
}

TEST(Crash, AMountKilledWhileItComesUpLeavesTheStoreFree) {
    ASTEROPE_NEEDS_MOUNTS();
    if (::access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "SKIPPED, not passed: /dev/fuse cannot be used";
    const Folder folder;
    const std::string directory = folder.sub("mnt");
    std::filesystem::create_directory(directory);
    LocalVolume::init(folder.sub("store")).value();
    std::mt19937_64 random(seed_of_test());
    for (int i = 4 * kills(); i > 0; --i) {
        Child server([&] { serve_mount(folder.sub("store"), directory, folder.sub("log")); });
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
        server.kill();
        ::umount2(directory.c_str(), MNT_DETACH);
        const auto volume = LocalVolume::open(folder.sub("store"), {});
        ASSERT_TRUE(volume) << volume.error().text();
    }
}

TEST(Crash, APowerCutOnExt4LeavesAPrefixWithAllThatWasSynced) {
    ASTEROPE_NEEDS_MOUNTS();
    cut_power_often("ext4");
}
TEST(Crash, APowerCutOnXfsLeavesAPrefixWithAllThatWasSynced) {
    ASTEROPE_NEEDS_MOUNTS();
    cut_power_often("xfs");
}
TEST(Crash, APowerCutOnExt4AfterTheRecoveryOfAKilledProcessLeavesAPrefix) {
    ASTEROPE_NEEDS_MOUNTS();
    cut_power_after_recovery("ext4");
}
TEST(Crash, APowerCutOnXfsAfterTheRecoveryOfAKilledProcessLeavesAPrefix) {
    ASTEROPE_NEEDS_MOUNTS();
    cut_power_after_recovery("xfs");
}

}  // namespace asterope::crash

#include "client/command/mount_options.h"

#include <gtest/gtest.h>

#include "client/command/mount_helper.h"

namespace asterope::command {
namespace {

using Words = std::vector<std::string>;

TEST(MountOptions, OfFstabBootAndSystemdAreLeftOut) {
    const auto parsed = parse_mount_options(
        {"defaults", "rw", "user", "user=ann", "users", "owner", "nofail", "_netdev", "noauto", "relatime",
         "x-systemd.automount", "x-systemd.idle-timeout=1min", "X-mount.mkdir", "comment=a", ""});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->mount.options, Words{});
    EXPECT_FALSE(parsed->mount.read_only);
}

TEST(MountOptions, OursAreTakenAndTheKernelsPassedOn) {
    const auto parsed =
        parse_mount_options({"ro", "noatime", "query_dir=find", "query_only", "on_replace=merge", "durability=none", "scrub=7",
                             "allow_other", "nosuid", "log=/var/log/scans"});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->mount.options, (Words{"noatime", "nosuid"}));
    EXPECT_TRUE(parsed->mount.read_only);
    EXPECT_TRUE(parsed->mount.filesystem.query_only);
    EXPECT_EQ(parsed->mount.filesystem.query_dir, "find");
    EXPECT_EQ(parsed->mount.allow_other, std::optional(true));
    EXPECT_EQ(parsed->on_replace, OnReplace::merge);
    EXPECT_EQ(parsed->durability, StoreDurability::none);
    EXPECT_EQ(parsed->scrub_every, std::chrono::hours(7 * 24));
    EXPECT_EQ(parsed->log, "/var/log/scans");
}

TEST(MountOptions, TheLastOfTwoContraryWordsCounts) {
    EXPECT_FALSE(parse_mount_options({"ro", "rw"})->mount.read_only);
    EXPECT_TRUE(parse_mount_options({"rw", "ro"})->mount.read_only);
}

TEST(MountOptions, AnEmptyQueryDirMeansNone) {
    EXPECT_EQ(parse_mount_options({"query_dir="})->mount.filesystem.query_dir, "");
}

TEST(MountOptions, UnknownWordsAreDroppedOnlyWhenSloppy) {
    EXPECT_EQ(parse_mount_options({"vers=3"})->mount.options, Words{"vers=3"});
    EXPECT_EQ(parse_mount_options({"vers=3", "sloppy", "noexec"})->mount.options, Words{"noexec"});
}

TEST(MountOptions, AWrongValueIsNamedEvenWhenSloppy) {
    for (const std::string word : {"on_replace=keep", "durability=always", "scrub=often"}) {
        const auto parsed = parse_mount_options({word, "sloppy"});
        ASSERT_FALSE(parsed);
        EXPECT_EQ(parsed.error().code, Errc::invalid);
        EXPECT_NE(parsed.error().text().find(word), std::string::npos);
    }
}

/// The command line that a helper runs, and the exit status that it makes of `exit_status`.
struct Call {
    Words command{};
    int status = -1;
};
Call call(const std::string& program, const Words& arguments, int exit_status = 0) {
    Call made;
    made.status = run_mount_helper(program, arguments, [&](Words command) {
        made.command = std::move(command);
        return exit_status;
    });
    return made;
}

TEST(MountHelper, IsKnownByItsName) {
    EXPECT_TRUE(is_mount_helper("/sbin/mount.asterope"));
    EXPECT_TRUE(is_mount_helper("umount.asterope"));
    EXPECT_FALSE(is_mount_helper("/usr/bin/asterope"));
    EXPECT_FALSE(is_mount_helper("/mnt/mount.d/asterope"));
}

TEST(MountHelper, TranslatesWhatMountSays) {
    EXPECT_EQ(
        call("/sbin/mount.asterope", {"/srv/store", "/mnt", "-s", "-n", "-o", "ro,nofail", "-t", "asterope"})
            .command,
        (Words{"mount", "-o", "ro,nofail,sloppy", "--", "/srv/store", "/mnt"}));
    EXPECT_EQ(call("/sbin/mount.asterope", {"/srv/store", "/mnt"}).command,
              (Words{"mount", "-o", "defaults", "--", "/srv/store", "/mnt"}));
}

TEST(MountHelper, FakeMountDoesNothing) {
    const Call fake = call("/sbin/mount.asterope", {"/srv/store", "/mnt", "-f"});
    EXPECT_EQ(fake.command, Words{});
    EXPECT_EQ(fake.status, 0);
}

TEST(MountHelper, AnswersWithTheExitStatusOfMount) {
    EXPECT_EQ(call("mount.asterope", {"/srv/store", "/mnt"}, 0).status, 0);
    EXPECT_EQ(call("mount.asterope", {"/srv/store", "/mnt"}, 64).status, 1);
    EXPECT_EQ(call("mount.asterope", {"/srv/store", "/mnt"}, 69).status, 32);
    EXPECT_EQ(call("mount.asterope", {}).status, 1);
    EXPECT_EQ(call("mount.asterope", {"/srv/store", "/mnt", "-N", "1"}).status, 1);
}

}  // namespace
}  // namespace asterope::command

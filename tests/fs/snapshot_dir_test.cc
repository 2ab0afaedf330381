#include <unistd.h>

#include "tests/fs/fs_fixture.h"

namespace asterope::fs {
namespace {

class SnapshotDirTest : public FsTest {
  protected:
    std::string make(std::string_view name) {
        return outcome(fs.mkdir(root_caller(), kSnapshots, name, 0755));
    }
    std::string drop(std::string_view name) { return outcome(fs.rmdir(root_caller(), kSnapshots, name)); }
};

}  // namespace

TEST_F(SnapshotDirTest, ShowsTheTreeAsItWas) {
    const NodeId file = mkfile(mkdir(kRootNode, "d"), "f", "then");
    set(file, "user.a", "1");
    ASSERT_EQ(make("monday"), "ok");
    set(file, "user.a", "2");
    ASSERT_EQ(outcome(fs.unlink(at("d"), "f")), "ok");
    mkfile(kRootNode, "later");
    EXPECT_EQ(list(root_caller(), at(".asterope/snapshots")), "monday");
    EXPECT_EQ(list(root_caller(), at(".asterope/snapshots/monday")), "query d");
    EXPECT_EQ(read(root_caller(), at(".asterope/snapshots/monday/d/f")), "then");
    EXPECT_EQ(*fs.getxattr(root_caller(), at(".asterope/snapshots/monday/d/f"), "user.a"), "1");
    EXPECT_EQ(list(root_caller(), at(".asterope/snapshots/monday/query/a=1")), "d%2Ff");
    EXPECT_EQ(list(root_caller(), at("query/a=1")), "");
}

TEST_F(SnapshotDirTest, RefusesEveryChange) {
    mkfile(mkdir(kRootNode, "d"), "f", "then");
    ASSERT_EQ(make("s"), "ok");
    const NodeId dir = at(".asterope/snapshots/s/d"), file = at(".asterope/snapshots/s/d/f");
    EXPECT_EQ(outcome(fs.create(root_caller(), dir, "x", 0644, O_RDWR)), "read_only");
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), dir, "x", 0755)), "read_only");
    EXPECT_EQ(outcome(fs.unlink(dir, "f")), "read_only");
    EXPECT_EQ(outcome(fs.rmdir(root_caller(), at(".asterope/snapshots/s"), "d")), "read_only");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {dir, "f"}, {dir, "g"}, 0)), "read_only");
    EXPECT_EQ(outcome(fs.link(file, dir, "g")), "read_only");
    EXPECT_EQ(outcome(fs.open(root_caller(), file, O_RDWR)), "read_only");
    EXPECT_EQ(outcome(fs.open(root_caller(), file, O_WRONLY | O_TRUNC)), "read_only");
    EXPECT_EQ(outcome(fs.setattr(root_caller(), file, mode_change(0600), std::nullopt)), "read_only");
    EXPECT_EQ(outcome(fs.setxattr(root_caller(), file, "user.a", "1", 0)), "read_only");
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), at(".asterope/snapshots/s/query/@saved"), "x", 0755)),
              "read_only");
}

TEST_F(SnapshotDirTest, RmdirDropsItUnlessSomethingInsideIsOpen) {
    mkfile(kRootNode, "f", "then");
    ASSERT_EQ(make("s"), "ok");
    EXPECT_EQ(make("s"), "exists");
    const NodeId file = at(".asterope/snapshots/s/f");
    const auto open = fs.open(root_caller(), file, O_RDONLY);
    EXPECT_EQ(drop("s"), "busy");
    EXPECT_NE(*fs.getxattr(root_caller(), kSnapshots, "user.asterope.error"), "");
    EXPECT_EQ(read(root_caller(), file), "then") << "nothing was lost by the try";
    fs.release(open->handle);
    EXPECT_EQ(drop("s"), "ok") << "that the kernel still knows it is no hindrance";
    EXPECT_EQ(outcome(fs.getattr(root_caller(), file)), "stale");
    EXPECT_EQ(outcome(find(root_caller(), ".asterope/snapshots/s")), "not_found");
    EXPECT_EQ(drop("s"), "not_found");
    EXPECT_EQ(make("s"), "ok");
}

TEST_F(SnapshotDirTest, OnlyTheMountsOwnUserMayWriteInTheDirectory) {
    const Attr attr = fs.getattr(root_caller(), kSnapshots)->attr;
    EXPECT_EQ(attr.mode, 0755u);
    EXPECT_EQ(attr.uid, ::geteuid());
    EXPECT_EQ(outcome(find(user(7, 8), ".asterope/tx")), "not_found") << "no table of transactions was given";
}

}  // namespace asterope::fs

#include "tests/fs/mount_fixture.h"

namespace asterope::fs {

TEST_F(MountTest, WhatWasRemovedIsCopiedBackFromASnapshot) {
    start();
    const std::string commands = R"sh(
        mkdir study; echo then > study/f; setfattr -n user.a -v 1 study/f
        mkdir .asterope/snapshots/monday
        echo now > study/f; rm -rf study
        [ "$(cat .asterope/snapshots/monday/study/f)" = then ]
        [ "$(ls .asterope/snapshots/monday/query/a=1)" = study%2Ff ]
        [ -z "$(ls query/a=1)" ]
        cp -a .asterope/snapshots/monday/study .
        [ "$(cat study/f)" = then ]
        [ "$(ls query/a=1)" = study%2Ff ])sh";
    EXPECT_EQ(shell("set -e; cd " + directory_ + commands), 0);
}

TEST_F(MountTest, ASnapshotIsReadOnlyAndDroppedWhenNothingInItIsOpen) {
    start();
    const std::string commands = R"sh(
        echo then > f; mkdir .asterope/snapshots/s; cd .asterope/snapshots
        refused() { want=$1; shift; ! text=$("$@" 2>&1); echo "$text" | grep -F "$want"; }
        refused "Read-only file system" touch s/new
        refused "Read-only file system" rm -f s/f
        refused "Read-only file system" setfattr -n user.a -v 1 s/f
        refused "Read-only file system" sh -c "echo x >> s/f"
        refused "cross-device" ln s/f ../../f2
        exec 5< s/f
        refused "busy" rmdir s
        getfattr -n user.asterope.error --only-values . | grep -F open
        exec 5<&-
        ls -lR s > /dev/null; rmdir s
        [ -z "$(ls)" ])sh";
    EXPECT_EQ(shell("set -e; cd " + directory_ + commands), 0);
}

}  // namespace asterope::fs

#include <linux/fs.h>
#include <sys/stat.h>

#include "tests/fs/fs_fixture.h"

namespace asterope::fs {
namespace {

using TreeTest = FsTest;

}  // namespace

TEST_F(TreeTest, NewNodesBelongToTheCallerAndLoseWhatTheUmaskTakes) {
    Caller caller = user(7, 8);
    caller.umask = 027;
    const auto made = fs.mknod(caller, kRootNode, "f", NodeType::file, 0666, 0);
    ASSERT_EQ(outcome(made), "ok");
    EXPECT_EQ(made->attr.uid, 7u);
    EXPECT_EQ(made->attr.gid, 8u);
    EXPECT_EQ(made->attr.mode, 0640u);
    EXPECT_GT(made->entry_seconds, 0) << "the kernel may keep the normal tree";
}

TEST_F(TreeTest, ASetgidDirectoryHandsItsGroupDown) {
    SetAttr change = mode_change(02775);
    change.gid = 50;
    const NodeId dir = mkdir(kRootNode, "d");
    ASSERT_EQ(outcome(fs.setattr(root_caller(), dir, change, std::nullopt)), "ok");
    const auto file = fs.mknod(user(7, 8), dir, "f", NodeType::file, 0644, 0);
    EXPECT_EQ(file->attr.gid, 50u);
    EXPECT_EQ(file->attr.mode, 0644u);
    const auto sub = fs.mkdir(user(7, 8), dir, "s", 0755);
    EXPECT_EQ(sub->attr.gid, 50u);
    EXPECT_EQ(sub->attr.mode, 02755u);
}

TEST_F(TreeTest, ChangingTheOwnerTakesSuidAndSgidFromPrograms) {
    const NodeId file = mkfile(kRootNode, "f", "", 0);
    ASSERT_EQ(outcome(fs.setattr(root_caller(), file, mode_change(06755), std::nullopt)), "ok");
    SetAttr chown;
    chown.uid = 9;
    EXPECT_EQ(fs.setattr(root_caller(), file, chown, std::nullopt)->attr.mode, 0755u);
    const NodeId dir = mkdir(kRootNode, "d");
    ASSERT_EQ(outcome(fs.setattr(root_caller(), dir, mode_change(02755), std::nullopt)), "ok");
    EXPECT_EQ(fs.setattr(root_caller(), dir, chown, std::nullopt)->attr.mode, 02755u)
        << "directories keep it";
}

TEST_F(TreeTest, OnlyMembersOfTheGroupSetSgid) {
    const auto file = fs.mknod(user(7, 8), kRootNode, "f", NodeType::file, 0755, 0);
    SetAttr chgrp;
    chgrp.gid = 99;
    ASSERT_EQ(outcome(fs.setattr(root_caller(), file->attr.node, chgrp, std::nullopt)), "ok");
    EXPECT_EQ(fs.setattr(user(7, 8), file->attr.node, mode_change(02755), std::nullopt)->attr.mode, 0755u);
    EXPECT_EQ(fs.setattr(user(7, 8, {99}), file->attr.node, mode_change(02755), std::nullopt)->attr.mode,
              02755u);
}

TEST_F(TreeTest, TruncatingByOpenTakesSuidUnlessRootDoesIt) {
    const NodeId file = mkfile(kRootNode, "f", "text");
    Caller may_keep = root_caller();
    may_keep.keeps_suid = true;
    for (const bool by_root : {true, false}) {
        ASSERT_EQ(outcome(fs.setattr(root_caller(), file, mode_change(04755), std::nullopt)), "ok");
        const auto opened = fs.open(by_root ? may_keep : user(7, 8), file, O_WRONLY | O_TRUNC);
        ASSERT_EQ(outcome(opened), "ok");
        fs.release(opened->handle);
        EXPECT_EQ(fs.getattr(root_caller(), file)->attr.mode, by_root ? 04755u : 0755u);
    }
}

TEST_F(TreeTest, TheNamesOfTheMountAreNobodysToTake) {
    mkfile(kRootNode, "f");
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), kRootNode, ".asterope", 0755)), "not_permitted");
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), kRootNode, "query", 0755)), "not_permitted");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {kRootNode, "f"}, {kRootNode, "query"}, 0)), "not_permitted");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {kRootNode, "query"}, {kRootNode, "q"}, 0)), "not_permitted");
    EXPECT_EQ(outcome(fs.rmdir(root_caller(), kRootNode, "query")), "not_permitted");
    EXPECT_EQ(outcome(fs.rmdir(root_caller(), kRootNode, ".asterope")), "not_permitted");
    mkdir(mkdir(kRootNode, "d"), "query");
    EXPECT_EQ(outcome(find(root_caller(), "d/query")), "ok") << "elsewhere they are free";
}

TEST_F(TreeTest, WithoutAQueryDirectoryItsNameIsFree) {
    FileSystem plain(volume, {.query_dir = ""});
    EXPECT_EQ(outcome(plain.lookup(root_caller(), kRootNode, "query")), "not_found");
    EXPECT_EQ(outcome(plain.mkdir(root_caller(), kRootNode, "query", 0755)), "ok");
}

TEST_F(TreeTest, RenameTakesTheFlagsOfRenameat2) {
    mkfile(kRootNode, "a", "A");
    mkfile(kRootNode, "b", "B");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {kRootNode, "a"}, {kRootNode, "b"}, RENAME_NOREPLACE)), "exists");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {kRootNode, "a"}, {kRootNode, "b"}, RENAME_EXCHANGE)), "ok");
    EXPECT_EQ(read(root_caller(), at("a")), "B");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {kRootNode, "a"}, {kRootNode, "b"}, RENAME_WHITEOUT)), "invalid");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {kRootNode, "a"}, {kRootNode, "b"}, 0)), "ok");
    EXPECT_EQ(outcome(find(root_caller(), "a")), "not_found");
}

TEST_F(TreeTest, ListingsHaveTheQueryDirectoryAndHideTheMountsOwn) {
    mkfile(kRootNode, "f");
    mkdir(at("query/@saved"), "review");
    for (const std::size_t step : {1, 2, 3, 1000}) EXPECT_EQ(list(root_caller(), kRootNode, step), "query f");
    EXPECT_EQ(list(root_caller(), mkdir(kRootNode, "d")), "");
}

TEST_F(TreeTest, AListingGoesOnFromAnyOffset) {
    for (const char* name : {"a", "b", "c", "d"}) mkfile(kRootNode, name);
    const auto handle = fs.opendir(root_caller(), kRootNode);
    ASSERT_EQ(outcome(handle), "ok");
    std::vector<std::pair<std::string, std::uint64_t>> seen;
    ASSERT_EQ(outcome(fs.readdir(root_caller(), *handle, 0, true,
                                 [&](const DirRecord& record) {
                                     seen.emplace_back(record.name, record.next);
                                     return true;
                                 })),
              "ok");
    ASSERT_EQ(seen.size(), 7u);
    ASSERT_EQ(outcome(fs.unlink(kRootNode, "b")), "ok");
    EXPECT_EQ(list_from(root_caller(), *handle, seen[1].second), "query a c d");
    EXPECT_EQ(list_from(root_caller(), *handle, 0), "query a c d") << "rewinddir shows what is there now";
    mkfile(kRootNode, "e");
    EXPECT_EQ(list_from(root_caller(), *handle, seen[5].second), "d e");
    fs.releasedir(*handle);
    EXPECT_EQ(outcome(fs.readdir(root_caller(), *handle, 0, false, [](const DirRecord&) { return true; })),
              "bad_handle");
}

TEST_F(TreeTest, ReaddirplusCarriesTheAttributesOfRealNodes) {
    const NodeId file = mkfile(kRootNode, "f", "12345");
    const auto handle = fs.opendir(root_caller(), kRootNode);
    ASSERT_EQ(outcome(fs.readdir(root_caller(), *handle, 0, true,
                                 [&](const DirRecord& record) {
                                     EXPECT_EQ(record.entry.has_value(), record.name == "f") << record.name;
                                     if (record.entry) {
                                         EXPECT_EQ(record.entry->attr.node, file);
                                         EXPECT_EQ(record.entry->attr.size, 5u);
                                     }
                                     return true;
                                 })),
              "ok");
    fs.releasedir(*handle);
}

TEST_F(TreeTest, SymlinksAreReadAsTheyWereMade) {
    EXPECT_EQ(*fs.readlink(node_of(fs.symlink(root_caller(), kRootNode, "l", "../x y"))), "../x y");
    EXPECT_EQ(outcome(fs.symlink(root_caller(), kRootNode, "e", "")), "not_found");
    EXPECT_EQ(outcome(fs.symlink(root_caller(), kRootNode, "e", std::string(4096, 'x'))), "name_too_long");
}

}  // namespace asterope::fs

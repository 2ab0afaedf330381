#include <sys/stat.h>

#include "engine/core/limits.h"
#include "tests/fs/volume_conformance.h"

namespace asterope {

TEST_P(VolumeConformance, StartsWithAnEmptyRootDirectory) {
    const auto root = volume().getattr(kRootNode);
    ASSERT_EQ(outcome(root), "ok");
    EXPECT_EQ(root->node, kRootNode);
    EXPECT_EQ(root->type, NodeType::directory);
    EXPECT_EQ(tree(), "");
    const auto link = volume().first_link(kRootNode);
    ASSERT_EQ(outcome(link), "ok");
    EXPECT_EQ(*link, (Link{kRootNode, ""}));
}

TEST_P(VolumeConformance, CreateGivesANodeWithWhatWasAsked) {
    const auto made =
        volume().create(kRootNode, "f", {.type = NodeType::file, .mode = 04640, .uid = 7, .gid = 8});
    ASSERT_EQ(outcome(made), "ok");
    EXPECT_EQ(made->mode, 04640u);
    EXPECT_EQ(made->uid, 7u);
    EXPECT_EQ(made->gid, 8u);
    EXPECT_EQ(made->nlink, 1u);
    EXPECT_EQ(made->size, 0u);
    EXPECT_NE(made->node, kRootNode);
    const auto found = volume().lookup(kRootNode, "f");
    ASSERT_EQ(outcome(found), "ok");
    EXPECT_EQ(*found, *made);
    EXPECT_EQ(*volume().getattr(made->node), *made);
}

TEST_P(VolumeConformance, EveryTypeOfNodeIsKept) {
    ASSERT_EQ(outcome(volume().create(kRootNode, "fifo", {.type = NodeType::fifo, .mode = 0600})), "ok");
    ASSERT_EQ(outcome(volume().create(kRootNode, "sock", {.type = NodeType::socket, .mode = 0600})), "ok");
    ASSERT_EQ(outcome(volume().create(kRootNode, "chr",
                                      {.type = NodeType::char_device, .mode = 0600, .rdev = 0x105})),
              "ok");
    const auto link =
        volume().create(kRootNode, "l", {.type = NodeType::symlink, .mode = 0777, .target = "over/there"});
    ASSERT_EQ(outcome(link), "ok");
    EXPECT_EQ(link->size, 10u);
    EXPECT_EQ(volume().lookup(kRootNode, "fifo")->type, NodeType::fifo);
    EXPECT_EQ(volume().lookup(kRootNode, "sock")->type, NodeType::socket);
    EXPECT_EQ(volume().lookup(kRootNode, "chr")->rdev, 0x105u);
    EXPECT_EQ(*volume().readlink(link->node), "over/there");
    EXPECT_EQ(outcome(volume().readlink(kRootNode)), "invalid");
}

TEST_P(VolumeConformance, NamesAreCheckedAndTakenOnce) {
    const std::string longest(limits::kNameBytes, 'n');
    make_file(kRootNode, longest);
    make_file(kRootNode, "bytes \xff\x01=@%");
    EXPECT_EQ(outcome(volume().create(kRootNode, longest, {})), "exists");
    EXPECT_EQ(outcome(volume().create(kRootNode, longest + "n", {})), "name_too_long");
    EXPECT_EQ(outcome(volume().create(kRootNode, "", {})), "invalid");
    EXPECT_EQ(outcome(volume().create(kRootNode, ".", {})), "invalid");
    EXPECT_EQ(outcome(volume().create(kRootNode, "..", {})), "invalid");
    EXPECT_EQ(outcome(volume().create(kRootNode, "a/b", {})), "invalid");
    EXPECT_EQ(outcome(volume().create(kRootNode, std::string_view("a\0b", 3), {})), "invalid");
    EXPECT_EQ(outcome(volume().lookup(kRootNode, longest)), "ok");
    EXPECT_EQ(outcome(volume().lookup(kRootNode, "bytes \xff\x01=@%")), "ok");
}

TEST_P(VolumeConformance, WhatIsNoDirectoryHasNoNames) {
    const NodeId file = make_file(kRootNode, "f");
    EXPECT_EQ(outcome(volume().lookup(file, "x")), "not_dir");
    EXPECT_EQ(outcome(volume().create(file, "x", {})), "not_dir");
    EXPECT_EQ(outcome(volume().list(file, 0, 10)), "not_dir");
    EXPECT_EQ(outcome(volume().unlink(file, "x")), "not_dir");
}

TEST_P(VolumeConformance, WhatIsNotThereIsNotFound) {
    EXPECT_EQ(outcome(volume().lookup(kRootNode, "x")), "not_found");
    EXPECT_EQ(outcome(volume().unlink(kRootNode, "x")), "not_found");
    EXPECT_EQ(outcome(volume().rmdir(kRootNode, "x")), "not_found");
    EXPECT_EQ(outcome(volume().getattr(NodeId{123456})), "not_found");
    EXPECT_EQ(outcome(volume().document(NodeId{123456})), "not_found");
    EXPECT_EQ(outcome(volume().open(NodeId{123456}, {})), "not_found");
}

TEST_P(VolumeConformance, RemovingTakesNameAndNode) {
    const NodeId dir = make_dir(kRootNode, "d");
    const NodeId file = make_file(dir, "f", "text");
    EXPECT_EQ(outcome(volume().rmdir(kRootNode, "d")), "not_empty");
    EXPECT_EQ(outcome(volume().unlink(kRootNode, "d")), "is_dir");
    EXPECT_EQ(outcome(volume().rmdir(dir, "f")), "not_dir");
    EXPECT_EQ(outcome(volume().unlink(dir, "f")), "ok");
    EXPECT_EQ(outcome(volume().getattr(file)), "not_found");
    EXPECT_EQ(outcome(volume().rmdir(kRootNode, "d")), "ok");
    EXPECT_EQ(outcome(volume().getattr(dir)), "not_found");
    EXPECT_EQ(outcome(volume().create(dir, "x", {})), "not_found");
    EXPECT_EQ(tree(), "");
}

TEST_P(VolumeConformance, NodeNumbersAreNotUsedAgain) {
    const NodeId first = make_file(kRootNode, "f");
    ASSERT_EQ(outcome(volume().unlink(kRootNode, "f")), "ok");
    EXPECT_NE(make_file(kRootNode, "f"), first);
}

TEST_P(VolumeConformance, LinksShareOneNode) {
    const NodeId dir = make_dir(kRootNode, "d");
    const NodeId file = make_file(kRootNode, "f", "text");
    const auto linked = volume().link(file, dir, "g");
    ASSERT_EQ(outcome(linked), "ok");
    EXPECT_EQ(linked->nlink, 2u);
    EXPECT_EQ(linked->node, file);
    EXPECT_EQ(*volume().first_link(file), (Link{kRootNode, "f"}));
    EXPECT_EQ(outcome(volume().unlink(kRootNode, "f")), "ok");
    EXPECT_EQ(*volume().first_link(file), (Link{dir, "g"}));
    EXPECT_EQ(volume().getattr(file)->nlink, 1u);
    EXPECT_EQ(tree(), "d/ d/g=text");
    EXPECT_EQ(outcome(volume().link(dir, kRootNode, "h")), "not_permitted");
    EXPECT_EQ(outcome(volume().link(file, dir, "g")), "exists");
}

TEST_P(VolumeConformance, SetattrChangesOnlyWhatItNames) {
    const NodeId file = make_file(kRootNode, "f", "0123456789");
    const Attr before = *volume().getattr(file);
    AttrChange change;
    change.mode = 0600;
    change.mtime = Timestamp{12345, 678};
    const auto after = volume().setattr(file, change);
    ASSERT_EQ(outcome(after), "ok");
    EXPECT_EQ(after->mode, 0600u);
    EXPECT_EQ(after->mtime, (Timestamp{12345, 678}));
    EXPECT_EQ(after->uid, before.uid);
    EXPECT_EQ(after->atime, before.atime);
    EXPECT_EQ(after->btime, before.btime);
    EXPECT_EQ(after->size, before.size);
    EXPECT_GE(after->ctime, before.ctime);
    EXPECT_GT(after->version, before.version);
    EXPECT_EQ(*volume().getattr(file), *after);
}

TEST_P(VolumeConformance, SetattrOfTheSizeCutsAndGrows) {
    const NodeId file = make_file(kRootNode, "f", "0123456789");
    AttrChange change;
    change.size = 4;
    ASSERT_EQ(outcome(volume().setattr(file, change)), "ok");
    EXPECT_EQ(content(file), "0123");
    change.size = 6;
    ASSERT_EQ(outcome(volume().setattr(file, change)), "ok");
    EXPECT_EQ(content(file), std::string("0123\0\0", 6));
    EXPECT_EQ(outcome(volume().setattr(make_dir(kRootNode, "d"), change)), "is_dir");
}

TEST_P(VolumeConformance, ADirectoryKnowsItsParentAfterARename) {
    const NodeId a = make_dir(kRootNode, "a");
    const NodeId b = make_dir(kRootNode, "b");
    ASSERT_EQ(outcome(volume().rename({kRootNode, "a"}, {b, "c"}, RenameMode::replace)), "ok");
    EXPECT_EQ(*volume().first_link(a), (Link{b, "c"}));
}

TEST_P(VolumeConformance, SpaceAndInfoAnswer) {
    const auto space = volume().space();
    ASSERT_EQ(outcome(space), "ok");
    EXPECT_GT(space->total_bytes, 0u);
    EXPECT_GE(space->total_bytes, space->free_bytes);
    EXPECT_FALSE(volume().info().uuid.empty());
}

}  // namespace asterope

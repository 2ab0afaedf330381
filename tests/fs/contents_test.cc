#include <unistd.h>

#include <cerrno>

#include "tests/fs/fs_fixture.h"

namespace asterope::fs {
namespace {

class ContentsTest : public FsTest {
  protected:
    HandleId open(NodeId node, int flags) {
        const auto opened = fs.open(root_caller(), node, flags);
        EXPECT_EQ(outcome(opened), "ok");
        return opened ? opened->handle : HandleId{};
    }
    std::string write(HandleId handle, std::uint64_t offset, std::string_view bytes) {
        return outcome(fs.write({}, handle, offset, std::as_bytes(std::span(bytes.data(), bytes.size()))));
    }
};

}  // namespace

TEST_F(ContentsTest, WrittenBytesAreInEveryAnswerAtOnce) {
    const NodeId file = mkfile(kRootNode, "f");
    const HandleId handle = open(file, O_WRONLY);
    EXPECT_EQ(write(handle, 0, "12345"), "ok");
    EXPECT_EQ(fs.getattr(root_caller(), file)->attr.size, 5u);
    EXPECT_EQ(find(root_caller(), "f")->attr.size, 5u);
    EXPECT_EQ(read(root_caller(), file), "12345");
    fs.release(handle);
    EXPECT_EQ(fs.open_count(), 0u);
    EXPECT_EQ(volume.open_count(), 0u);
}

TEST_F(ContentsTest, CreateOpensWhatItMade) {
    const auto made = fs.create(root_caller(), kRootNode, "f", 0600, O_RDWR | O_EXCL);
    ASSERT_EQ(outcome(made), "ok");
    EXPECT_EQ(write(made->opened.handle, 0, "x"), "ok");
    EXPECT_EQ(outcome(fs.create(root_caller(), kRootNode, "f", 0600, O_RDWR | O_EXCL)), "exists");
    const auto again = fs.create(root_caller(), kRootNode, "f", 0600, O_RDWR | O_TRUNC);
    ASSERT_EQ(outcome(again), "ok") << "another process was quicker: the file is opened";
    EXPECT_EQ(again->entry.attr.node, made->entry.attr.node);
    EXPECT_EQ(again->entry.attr.size, 0u);
    fs.release(made->opened.handle);
    fs.release(again->opened.handle);
}

TEST_F(ContentsTest, FtruncateActsOnTheOpenFileAfterItsNameIsGone) {
    const NodeId file = mkfile(kRootNode, "f", "12345");
    const HandleId handle = open(file, O_RDWR);
    ASSERT_EQ(outcome(fs.unlink(kRootNode, "f")), "ok");
    SetAttr change;
    change.size = 2;
    const auto attr = fs.setattr(root_caller(), file, change, handle);
    ASSERT_EQ(outcome(attr), "ok");
    EXPECT_EQ(attr->attr.size, 2u);
    EXPECT_EQ(attr->attr.nlink, 0u);
    EXPECT_EQ(read(root_caller(), file), "12");
    fs.release(handle);
    EXPECT_EQ(outcome(fs.getattr(root_caller(), file)), "not_found");
}

TEST_F(ContentsTest, FlushAndFsyncCommit) {
    const NodeId file = mkfile(kRootNode, "f");
    const HandleId handle = open(file, O_WRONLY);
    const Sequence before = volume.sequence();
    EXPECT_EQ(write(handle, 0, "x"), "ok");
    EXPECT_EQ(outcome(fs.flush(handle)), "ok");
    const Sequence flushed = volume.sequence();
    EXPECT_GT(flushed, before);
    EXPECT_EQ(write(handle, 1, "y"), "ok");
    EXPECT_EQ(outcome(fs.fsync(handle)), "ok");
    EXPECT_GT(volume.sequence(), flushed);
    fs.release(handle);
}

TEST_F(ContentsTest, ReadOnlyHandlesNeedNoFlushAndWriteNothing) {
    const auto opened = fs.open(root_caller(), mkfile(kRootNode, "f", "text"), O_RDONLY);
    ASSERT_EQ(outcome(opened), "ok");
    EXPECT_TRUE(opened->no_flush);
    EXPECT_EQ(write(opened->handle, 0, "x"), "bad_handle");
    fs.release(opened->handle);
    EXPECT_EQ(write(opened->handle, 0, "x"), "bad_handle");
}

TEST_F(ContentsTest, TheKernelKeepsItsPagesUntilTheContentIsAnother) {
    const NodeId file = mkfile(kRootNode, "f", "text");
    const auto keeps = [&] {
        const auto opened = fs.open(root_caller(), file, O_RDONLY);
        fs.release(opened->handle);
        return opened->keep_cache;
    };
    EXPECT_FALSE(keeps()) << "nothing is known of pages from before";
    EXPECT_TRUE(keeps());
    const auto other = volume.open(file, {OpenMode::write, false}).value();
    ASSERT_TRUE(other->write(0, std::as_bytes(std::span("next", 4))));
    EXPECT_FALSE(keeps()) << "changed by another way than this mount, and not yet committed";
    EXPECT_TRUE(keeps());
    fs.forget(file, 1);
    EXPECT_FALSE(keeps());
}

TEST_F(ContentsTest, PagesAreNotKeptByAnOpenThatMayStillBeOnItsWay) {
    const NodeId file = mkfile(kRootNode, "f", "text");
    const auto first = fs.open(root_caller(), file, O_RDONLY);
    const auto second = fs.open(root_caller(), file, O_RDONLY);
    EXPECT_FALSE(first->keep_cache || second->keep_cache);
    fs.release(second->handle);
    EXPECT_TRUE(fs.open(root_caller(), file, O_RDONLY)->keep_cache);
}

TEST_F(ContentsTest, CopyFileRangeCopiesInRequestsOfBoundedSize) {
    const std::string bytes(3u << 20, 'b');
    const HandleId from = open(mkfile(kRootNode, "a", bytes), O_RDONLY);
    const NodeId copy = mkfile(kRootNode, "b");
    const HandleId to = open(copy, O_WRONLY);
    std::size_t done = 0;
    for (;;) {
        const auto copied = fs.copy_file_range({}, from, done, to, done, SIZE_MAX);
        ASSERT_EQ(outcome(copied), "ok");
        if (*copied == 0) break;
        done += *copied;
    }
    EXPECT_EQ(done, bytes.size());
    fs.release(from);
    fs.release(to);
    EXPECT_EQ(read(root_caller(), copy, 1u << 20), bytes);
}

TEST_F(ContentsTest, SeekAndAllocateReachTheFile) {
    const NodeId file = mkfile(kRootNode, "f");
    const HandleId handle = open(file, O_RDWR);
    EXPECT_EQ(outcome(fs.fallocate({}, handle, 0, 0, 1 << 20)), "ok");
    EXPECT_EQ(fs.getattr(root_caller(), file)->attr.size, 1u << 20);
    EXPECT_EQ(fs.lseek(handle, 0, SEEK_HOLE).value_or(99), 0u);
    const auto data = fs.lseek(handle, 0, SEEK_DATA);
    ASSERT_FALSE(data);
    EXPECT_EQ(data.error().to_errno(), ENXIO);
    fs.release(handle);
}

TEST_F(ContentsTest, WhatTheKernelLeftOpenIsClosedAtTheEnd) {
    open(mkfile(kRootNode, "f"), O_RDWR);
    ASSERT_EQ(outcome(fs.opendir(root_caller(), kRootNode)), "ok");
    EXPECT_EQ(fs.open_count(), 2u);
    fs.close_all();
    EXPECT_EQ(fs.open_count(), 0u);
    EXPECT_EQ(volume.open_count(), 0u);
}

}  // namespace asterope::fs

#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

#include <cerrno>

#include "engine/core/limits.h"
#include "tests/fs/volume_conformance.h"

namespace asterope {
namespace {

/// Larger than what any implementation keeps outside a blob.
constexpr std::size_t kLargeBytes = 300'000;

std::string pattern(std::size_t size, unsigned seed) {
    std::string bytes(size, '\0');
    for (auto& byte : bytes) {
        seed = seed * 1664525u + 1013904223u;
        byte = static_cast<char>(seed >> 24);
    }
    return bytes;
}

}  // namespace

TEST_P(VolumeConformance, BytesComeBackAsTheyWereWritten) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, kLargeBytes}) {
        const std::string bytes = pattern(size, 1);
        const NodeId node = make_file(kRootNode, "f" + std::to_string(size), bytes);
        EXPECT_EQ(content(node), bytes);
        EXPECT_EQ(volume().getattr(node)->size, size);
    }
}

TEST_P(VolumeConformance, ReadingPastTheEndGivesWhatIsThere) {
    const auto file = open(make_file(kRootNode, "f", "0123456789"));
    EXPECT_EQ(read(*file, 8, 100), "89");
    EXPECT_EQ(read(*file, 10, 100), "");
    EXPECT_EQ(read(*file, 1u << 30, 100), "");
}

TEST_P(VolumeConformance, WritesAtRandomPlacesAreWhatTheyWouldBeInMemory) {
    const unsigned seed = 20240115;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const NodeId node = make_file(kRootNode, "f");
    auto file = open(node);
    std::string model;
    unsigned random = seed;
    const auto next = [&](unsigned below) {
        random = random * 1664525u + 1013904223u;
        return static_cast<std::size_t>(random >> 8) % below;
    };
    for (int i = 0; i < 200; ++i) {
        const std::size_t offset = next(200'000), size = next(8'000);
        if (i % 17 == 16) {
            ASSERT_EQ(outcome(file->truncate(offset)), "ok");
            model.resize(offset);
        } else {
            const std::string bytes = pattern(size, random);
            write(*file, offset, bytes);
            if (size > 0 && model.size() < offset + size) model.resize(offset + size);
            model.replace(offset, size, bytes);
        }
        if (i % 23 == 22) {
            ASSERT_EQ(outcome(file->commit(Durability::none)), "ok");
        }
        if (i % 61 == 60) file = open(node);
        ASSERT_EQ(file->getattr()->size, model.size()) << i;
    }
    EXPECT_EQ(read(*file, 0, model.size() + 1), model);
    file.reset();
    EXPECT_EQ(content(node), model);
}

TEST_P(VolumeConformance, OtherOpenersSeeWritesAtOnce) {
    const NodeId node = make_file(kRootNode, "f", "old");
    const auto writer = open(node), reader = open(node, OpenMode::read);
    write(*writer, 0, "new and longer");
    EXPECT_EQ(read(*reader, 0, 100), "new and longer");
    EXPECT_EQ(reader->getattr()->size, 14u);
    const auto late = open(node, OpenMode::read);
    EXPECT_EQ(read(*late, 0, 100), "new and longer");
}

TEST_P(VolumeConformance, OpeningWithTruncationEmptiesForEveryOpener) {
    const NodeId node = make_file(kRootNode, "f", pattern(kLargeBytes, 3));
    const auto reader = open(node, OpenMode::read);
    const auto writer = open(node, OpenMode::write, true);
    EXPECT_EQ(writer->getattr()->size, 0u);
    EXPECT_EQ(read(*reader, 0, 10), "");
    write(*writer, 0, "new");
    EXPECT_EQ(read(*reader, 0, 10), "new");
}

TEST_P(VolumeConformance, TruncatingReplacementIsThereAfterTheLastClose) {
    const NodeId node = make_file(kRootNode, "f", pattern(kLargeBytes, 3));
    {
        const auto writer = open(node, OpenMode::write, true);
        write(*writer, 0, "new");
    }
    EXPECT_EQ(content(node), "new");
    { const auto writer = open(node, OpenMode::write, true); }
    EXPECT_EQ(content(node), "");
}

TEST_P(VolumeConformance, AnOpenFileOutlivesItsName) {
    const NodeId node = make_file(kRootNode, "f", "text");
    auto file = open(node);
    ASSERT_EQ(outcome(volume().unlink(kRootNode, "f")), "ok");
    EXPECT_EQ(outcome(volume().lookup(kRootNode, "f")), "not_found");
    write(*file, 4, " and more");
    EXPECT_EQ(read(*file, 0, 100), "text and more");
    EXPECT_EQ(file->getattr()->nlink, 0u);
    EXPECT_EQ(outcome(volume().getattr(node)), "ok");
    EXPECT_EQ(outcome(volume().first_link(node)), "stale");
    file.reset();
    EXPECT_EQ(outcome(volume().getattr(node)), "not_found");
}

TEST_P(VolumeConformance, AReplacedFileThatIsOpenKeepsItsBytes) {
    const NodeId old = make_file(kRootNode, "f", "old");
    make_file(kRootNode, "g", "new");
    const auto file = open(old, OpenMode::read);
    ASSERT_EQ(outcome(volume().rename({kRootNode, "g"}, {kRootNode, "f"}, RenameMode::replace)), "ok");
    EXPECT_EQ(read(*file, 0, 100), "old");
    EXPECT_EQ(content(node_at("f")), "new");
}

TEST_P(VolumeConformance, AFileOpenedForReadingIsNotWritten) {
    const auto file = open(make_file(kRootNode, "f", "text"), OpenMode::read);
    const std::byte byte{1};
    EXPECT_EQ(outcome(file->write(0, {&byte, 1})), "bad_handle");
    EXPECT_EQ(outcome(file->truncate(0)), "bad_handle");
    EXPECT_EQ(read(*file, 0, 100), "text");
}

TEST_P(VolumeConformance, OnlyRegularFilesAreOpened) {
    EXPECT_EQ(outcome(volume().open(kRootNode, {})), "is_dir");
    const auto fifo = volume().create(kRootNode, "p", {.type = NodeType::fifo});
    EXPECT_EQ(outcome(volume().open(fifo->node, {})), "invalid");
}

TEST_P(VolumeConformance, WritingChangesTimesAndVersion) {
    const NodeId node = make_file(kRootNode, "f", "a");
    const Attr before = *volume().getattr(node);
    {
        const auto file = open(node);
        write(*file, 0, "b");
        ASSERT_EQ(outcome(file->commit(Durability::sync)), "ok");
        const Attr committed = *volume().getattr(node);
        EXPECT_GE(committed.mtime, before.mtime);
        EXPECT_GT(committed.version, before.version);
    }
    EXPECT_EQ(volume().getattr(node)->btime, before.btime);
}

TEST_P(VolumeConformance, HolesReadAsZeroes) {
    const NodeId node = make_file(kRootNode, "f");
    auto file = open(node);
    write(*file, 1'000'000, "x");
    EXPECT_EQ(read(*file, 999'990, 11), std::string(10, '\0') + "x");
    EXPECT_EQ(file->seek(0, SEEK_HOLE).value_or(99), 0u);
    const auto data = file->seek(0, SEEK_DATA);
    ASSERT_EQ(outcome(data), "ok");
    EXPECT_LE(*data, 1'000'000u);
    EXPECT_EQ(file->seek(1'000'000, SEEK_HOLE).value_or(0), 1'000'001u);
    const auto past = file->seek(1'000'001, SEEK_DATA);
    ASSERT_FALSE(past);
    EXPECT_EQ(past.error().to_errno(), ENXIO);
}

TEST_P(VolumeConformance, AllocateGrowsKeepsAndPunches) {
    const NodeId node = make_file(kRootNode, "f", pattern(kLargeBytes, 5));
    const auto file = open(node);
    const auto punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    const Status punched = file->allocate(punch, 65536, 65536);
    if (!punched) {
        EXPECT_EQ(outcome(punched), "unsupported");  // the filesystem below cannot
    } else {
        EXPECT_EQ(read(*file, 65536, 65536), std::string(65536, '\0'));
        EXPECT_EQ(read(*file, 0, 65536), pattern(kLargeBytes, 5).substr(0, 65536));
    }
    EXPECT_EQ(file->getattr()->size, kLargeBytes);
    const Status grown = file->allocate(0, 0, 2 * kLargeBytes);
    if (grown) {
        EXPECT_EQ(file->getattr()->size, 2 * kLargeBytes);
    }
    const Status kept = file->allocate(FALLOC_FL_KEEP_SIZE, 0, 3 * kLargeBytes);
    if (grown && kept) {
        EXPECT_EQ(file->getattr()->size, 2 * kLargeBytes);
    }
}

TEST_P(VolumeConformance, SizesUpToTheLargestOffsetWork) {
    const NodeId node = make_file(kRootNode, "huge");
    AttrChange change;
    change.size = file_bytes_max();
    ASSERT_EQ(outcome(volume().setattr(node, change)), "ok");
    EXPECT_EQ(volume().getattr(node)->size, file_bytes_max());
    const std::uint64_t far = file_bytes_max() / 2 + 1;
    auto file = open(node);
    write(*file, far, "far");
    EXPECT_EQ(read(*file, far, 3), "far");
    file.reset();
    file = open(node);
    EXPECT_EQ(read(*file, far - 1, 5), std::string("\0far\0", 5));
    const std::byte byte{1};
    EXPECT_EQ(outcome(file->write(limits::kFileBytes, {&byte, 1})), "file_too_large");
}

TEST_P(VolumeConformance, PutCreatesAndReplacesKeepingTheNode) {
    PutRequest first;
    first.content = staged("one");
    first.document = Document{{"n", "1"}};
    const auto made = volume().put(kRootNode, "k", std::move(first));
    ASSERT_EQ(outcome(made), "ok");
    EXPECT_EQ(content(made->node), "one");
    PutRequest second;
    second.content = staged(pattern(kLargeBytes, 9));
    const auto replaced = volume().put(kRootNode, "k", std::move(second));
    ASSERT_EQ(outcome(replaced), "ok");
    EXPECT_EQ(replaced->node, made->node);
    EXPECT_GT(replaced->version, made->version);
    EXPECT_EQ(content(made->node), pattern(kLargeBytes, 9));
    EXPECT_EQ(fields(made->node), "n=1");
    PutRequest third;
    third.document = Document{{"m", "2"}};
    ASSERT_EQ(outcome(volume().put(kRootNode, "k", std::move(third))), "ok");
    EXPECT_EQ(content(made->node), pattern(kLargeBytes, 9));
    EXPECT_EQ(fields(made->node), "m=2");
}

TEST_P(VolumeConformance, PutHonoursItsConditions) {
    const NodeId node = make_file(kRootNode, "k", "old");
    PutRequest only_new;
    only_new.content = staged("new");
    only_new.create_only = true;
    EXPECT_EQ(outcome(volume().put(kRootNode, "k", std::move(only_new))), "exists");
    PutRequest wrong;
    wrong.content = staged("new");
    wrong.if_version = volume().getattr(node)->version + 1;
    EXPECT_EQ(outcome(volume().put(kRootNode, "k", std::move(wrong))), "conflict");
    EXPECT_EQ(content(node), "old");
    PutRequest right;
    right.content = staged("new");
    right.if_version = volume().getattr(node)->version;
    EXPECT_EQ(outcome(volume().put(kRootNode, "k", std::move(right))), "ok");
    EXPECT_EQ(content(node), "new");
    make_dir(kRootNode, "d");
    EXPECT_EQ(outcome(volume().put(kRootNode, "d", {})), "is_dir");
}

TEST_P(VolumeConformance, StagedContentThatIsDroppedLeavesNothing) {
    { const auto content_dropped = staged(pattern(kLargeBytes, 11)); }
    EXPECT_EQ(tree(), "");
}

}  // namespace asterope

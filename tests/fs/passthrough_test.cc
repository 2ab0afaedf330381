#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <cstdlib>
#include <cstring>

#include "tests/fs/mount_fixture.h"
#include "tests/fs/store_mount.h"

namespace asterope::fs {
namespace {

constexpr const char* kOwnPages = "a process that answers the kernel must not wait for a page that only it can give";
constexpr std::size_t kSmall = 3000, kLarge = 3'000'000;

class PassthroughTest : public StoreMountTest {
  protected:
    /// A closed file.
    void make(std::string_view name, std::string_view bytes) { put_bytes(opened(path(name), O_CREAT | O_WRONLY | O_TRUNC), 0, bytes); }
    NodeId node(std::string_view name) { return store.volume().lookup(kRootNode, name)->node; }
    void put_over(std::string_view name, std::string_view bytes) {
        PutRequest request;
        request.content = std::move(*store.volume().stage());
        ASSERT_TRUE(request.content->append(std::as_bytes(std::span(bytes))));
        const auto done = store.volume().put(kRootNode, name, std::move(request));
        ASSERT_TRUE(done) << done.error().text();
        settle();
    }
    void make_snapshot(std::string_view name) {
        const auto made = store.volume().make_snapshot(name);
        ASSERT_TRUE(made) << made.error().text();
    }
    std::string in_snapshot(std::string_view snapshot, std::string_view name) {
        const auto volume = *store.volume().open_snapshot(snapshot);
        const auto attr = volume->lookup(kRootNode, name);
        if (!attr) return attr.error().text();
        const auto file = volume->open(attr->node, {});
        if (!file) return file.error().text();
        std::string bytes(attr->size + 1, '\0');
        const auto got = (*file)->read(0, std::as_writable_bytes(std::span(bytes)));
        bytes.resize(got ? *got : 0);
        return bytes;
    }
    std::uint64_t version(std::string_view name) { return store.volume().lookup(kRootNode, name)->version; }
};

/// This thread alone: those that answer the kernel stay root.
void become(uid_t uid) { ASSERT_EQ(::syscall(SYS_setresuid, -1, uid, -1), 0); }

/// A shared mapping of the first `size` bytes.
class Mapping {
  public:
    Mapping(const Descriptor& file, std::size_t size, int protection)
        : size_(size), at_(::mmap(nullptr, size, protection, MAP_SHARED, file.get(), 0)) {
        EXPECT_NE(at_, MAP_FAILED) << std::strerror(errno);
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() { ::munmap(at_, size_); }
    char* bytes() const { return static_cast<char*>(at_); }

  private:
    const std::size_t size_;
    void* const at_;
};

}  // namespace

TEST_P(PassthroughTest, OnlyWithoutItAreWeAskedForTheBytes) {
    const std::uint64_t before = transfers();
    make("f", some_bytes(kLarge, 1));
    EXPECT_TRUE(read_file(path("f")) == some_bytes(kLarge, 1));
    EXPECT_EQ(transfers() == before, passes_through());
    remount();
    EXPECT_TRUE(read_file(path("f")) == some_bytes(kLarge, 1));
}

TEST_P(PassthroughTest, ReadersAndWritersSeeEachOtherInAnyOrderOfOpening) {
    for (const std::size_t size : {std::size_t{0}, kSmall, kLarge}) {
        const std::string name = std::to_string(size);
        make(name, some_bytes(size, 1));
        {
            const auto reader = opened(path(name), O_RDONLY);
            EXPECT_EQ(get_bytes(reader, 0, size), some_bytes(size, 1));
            const auto writer = opened(path(name), O_WRONLY);
            put_bytes(writer, size / 2, "written second");
            EXPECT_EQ(get_bytes(reader, size / 2, 14), "written second");
        }
        {
            const auto writer = opened(path(name), O_RDWR);
            put_bytes(writer, 0, "written first");
            const auto reader = opened(path(name), O_RDONLY);
            EXPECT_EQ(get_bytes(reader, 0, 13), "written first");
            const auto direct = opened(path(name), O_RDONLY | O_DIRECT);
            put_bytes(writer, 0, "Written First");
            EXPECT_EQ(get_bytes(reader, 0, 13), "Written First");
        }
        const std::string whole = read_file(path(name));
        remount();
        EXPECT_TRUE(read_file(path(name)) == whole) << size;
    }
}

TEST_P(PassthroughTest, SizeAndTimesMoveWithEachWriteAndOnlyWithThose) {
    make("f", some_bytes(kLarge, 1));
    const std::uint64_t version_before = version("f");
    struct stat before {}, after {};
    ASSERT_EQ(::stat(path("f").c_str(), &before), 0);
    {
        const auto unused = opened(path("f"), O_RDWR);
    }
    ASSERT_EQ(::stat(path("f").c_str(), &after), 0);
    EXPECT_EQ(std::memcmp(&before.st_mtim, &after.st_mtim, sizeof after.st_mtim), 0);
    EXPECT_EQ(version("f"), version_before);
    const auto file = opened(path("f"), O_WRONLY | O_APPEND);
    for (std::uint64_t i = 1; i <= 3; ++i) {
        ASSERT_EQ(::write(file.get(), "abc", 3), 3);
        EXPECT_EQ(size_of("f"), kLarge + 3 * i);
        EXPECT_EQ(store.volume().getattr(node("f"))->size, kLarge + 3 * i) << "for others that use the store";
    }
    ASSERT_EQ(::stat(path("f").c_str(), &after), 0);
    EXPECT_GT(std::tie(after.st_mtim.tv_sec, after.st_mtim.tv_nsec), std::tie(before.st_mtim.tv_sec, before.st_mtim.tv_nsec));
    EXPECT_GT(after.st_blocks, 0);
}

TEST_P(PassthroughTest, TimesThatAreSetStaySet) {
    const timespec times[] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
    {
        const auto file = opened(path("f"), O_CREAT | O_WRONLY);
        put_bytes(file, 0, some_bytes(kLarge, 1));
        ASSERT_EQ(::futimens(file.get(), times), 0);
    }
    struct stat status {};
    ASSERT_EQ(::stat(path("f").c_str(), &status), 0);
    EXPECT_EQ(status.st_mtim.tv_sec, 1'000'000'000);
}

TEST_P(PassthroughTest, TruncatingWhileOthersHaveItOpenIsSeenByThem) {
    for (const std::size_t size : {kSmall, kLarge}) {
        const std::string name = std::to_string(size);
        make(name, some_bytes(size, 1));
        const auto reader = opened(path(name), O_RDONLY);
        EXPECT_EQ(get_bytes(reader, 0, 5), some_bytes(size, 1).substr(0, 5));
        {
            const auto writer = opened(path(name), O_WRONLY | O_TRUNC);
            EXPECT_EQ(get_bytes(reader, 0, 100), "");
            put_bytes(writer, 0, "new");
            EXPECT_EQ(get_bytes(reader, 0, 100), "new");
            ASSERT_EQ(::ftruncate(writer.get(), 100'000), 0);
            EXPECT_EQ(get_bytes(reader, 0, 10), std::string("new\0\0\0\0\0\0\0", 10));
            EXPECT_EQ(size_of(name), 100'000u);
        }
        ASSERT_EQ(::truncate(path(name).c_str(), 2), 0);
        EXPECT_EQ(get_bytes(reader, 0, 10), "ne");
    }
    remount();
    EXPECT_TRUE(read_file(path(std::to_string(kLarge))) == "ne");
}

TEST_P(PassthroughTest, ReplacingAFileAloneIsOldOrNew) {
    make("f", some_bytes(kLarge, 1));
    const auto writer = opened(path("f"), O_WRONLY | O_TRUNC);
    put_bytes(writer, 0, some_bytes(kLarge, 2));
    // What a kill would leave: the store as it is on disk now.
    ASSERT_EQ(std::system(("cp -a '" + store.path() + "' '" + store.path() + "-killed'").c_str()), 0);
    const auto killed = TemporaryStore::open_at(store.path() + "-killed");
    EXPECT_EQ(killed->lookup(kRootNode, "f")->size, kLarge);
    EXPECT_EQ(problems(*killed), "");
}

TEST_P(PassthroughTest, WhatWasClosedSurvivesAKill) {
    make("small", some_bytes(kSmall, 1));
    make("large", some_bytes(kLarge, 2));
    put_bytes(opened(path("large"), O_WRONLY), kLarge, "more");
    put_bytes(opened(path("small"), O_WRONLY), kSmall, "more");
    ASSERT_EQ(std::system(("cp -a '" + store.path() + "' '" + store.path() + "-killed'").c_str()), 0);
    unmount();
    store.close();
    ASSERT_EQ(std::system(("rm -rf '" + store.path() + "' && mv '" + store.path() + "-killed' '" + store.path() + "'").c_str()), 0);
    store.open();
    mount();
    EXPECT_TRUE(read_file(path("small")) == some_bytes(kSmall, 1) + "more");
    EXPECT_TRUE(read_file(path("large")) == some_bytes(kLarge, 2) + "more");
}

TEST_P(PassthroughTest, DirectReadsAndWritesWork) {
    constexpr std::size_t kBlock = 4096;
    void* memory = nullptr;
    ASSERT_EQ(::posix_memalign(&memory, kBlock, kBlock), 0);
    const std::unique_ptr<void, decltype(&std::free)> block(memory, std::free);
    std::memset(memory, 'd', kBlock);
    const auto file = opened(path("f"), O_CREAT | O_RDWR | O_DIRECT);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(::pwrite(file.get(), memory, kBlock, i * 4096), 4096);
    std::memset(memory, 0, kBlock);
    ASSERT_EQ(::pread(file.get(), memory, kBlock, 8192), 4096);
    EXPECT_EQ(std::string(static_cast<char*>(memory), kBlock), std::string(kBlock, 'd'));
    EXPECT_TRUE(read_file(path("f")) == std::string(5 * kBlock, 'd'));
}

TEST_P(PassthroughTest, AMappingOutlivesItsDescriptorAndItsBytesAreKept) {
    if (!passes_through()) GTEST_SKIP() << kOwnPages;
    for (const std::size_t size : {std::size_t{4096}, std::size_t{1u << 20}}) {
        const std::string name = std::to_string(size);
        {
            auto file = opened(path(name), O_CREAT | O_RDWR);
            ASSERT_EQ(::ftruncate(file.get(), static_cast<off_t>(size)), 0);
            const Mapping mapping(file, size, PROT_READ | PROT_WRITE);
            file = Descriptor();
            std::memset(mapping.bytes(), 'm', size);
            EXPECT_EQ(get_bytes(opened(path(name), O_RDONLY), 0, 10), "mmmmmmmmmm");
            put_bytes(opened(path(name), O_WRONLY), 3, "write");
            EXPECT_EQ(std::string(mapping.bytes(), 9), "mmmwritem");
            mapping.bytes()[0] = 'M';
        }
        remount();
        EXPECT_TRUE(read_file(path(name)) == "Mmmwrite" + std::string(size - 8, 'm'));
    }
}

TEST_P(PassthroughTest, MappingsShowWhatIsWritten) {
    if (!passes_through()) GTEST_SKIP() << kOwnPages;
    make("f", some_bytes(kLarge, 1));
    const auto file = opened(path("f"), O_RDWR);
    const Mapping shared(file, kLarge, PROT_READ | PROT_WRITE);
    void* const apart = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.get(), 0);
    ASSERT_NE(apart, MAP_FAILED);
    static_cast<char*>(apart)[0] = '!';
    EXPECT_EQ(shared.bytes()[0], some_bytes(1, 1)[0]);
    put_bytes(file, 5000, "seen in the mapping");
    EXPECT_EQ(std::string(shared.bytes() + 5000, 19), "seen in the mapping");
    std::memcpy(shared.bytes() + 9000, "seen by read", 12);
    EXPECT_EQ(get_bytes(file, 9000, 12), "seen by read");
    ::munmap(apart, 4096);
}

TEST_P(PassthroughTest, AFileThatLostItsNameKeepsItsBytesUntilItIsClosed) {
    make("unlinked", some_bytes(kLarge, 1));
    make("replaced", some_bytes(kLarge, 2));
    make("other", some_bytes(kLarge, 3));
    const auto unlinked = opened(path("unlinked"), O_RDWR), replaced = opened(path("replaced"), O_RDWR);
    ASSERT_EQ(::unlink(path("unlinked").c_str()), 0);
    ASSERT_EQ(::rename(path("other").c_str(), path("replaced").c_str()), 0);
    put_bytes(unlinked, kLarge, "more");
    put_bytes(replaced, 0, "gone");
    EXPECT_EQ(get_bytes(unlinked, kLarge - 1, 10), some_bytes(kLarge, 1).back() + std::string("more"));
    EXPECT_EQ(get_bytes(replaced, 0, 5), "gone" + some_bytes(5, 2).substr(4));
    EXPECT_TRUE(read_file(path("replaced")) == some_bytes(kLarge, 3));
}

TEST_P(PassthroughTest, HardLinksAreOneFile) {
    make("a", some_bytes(kLarge, 1));
    const auto first = opened(path("a"), O_RDWR);
    ASSERT_EQ(::link(path("a").c_str(), path("b").c_str()), 0);
    const auto second = opened(path("b"), O_RDWR);
    put_bytes(second, 7, "by the other name");
    EXPECT_EQ(get_bytes(first, 7, 17), "by the other name");
}

TEST_P(PassthroughTest, AllocatingAndCopyingRangesGoToTheSameBytes) {
    make("from", some_bytes(kLarge, 1));
    const auto from = opened(path("from"), O_RDONLY), to = opened(path("to"), O_CREAT | O_RDWR);
    put_bytes(to, 0, "head");
    ASSERT_EQ(::fallocate(to.get(), 0, 0, 100'000), 0);
    EXPECT_EQ(size_of("to"), 100'000u);
    off_t in = 0, out = 100'000;
    ASSERT_EQ(::copy_file_range(from.get(), &in, to.get(), &out, 1000, 0), 1000);
    EXPECT_EQ(get_bytes(to, 100'000, 1000), some_bytes(kLarge, 1).substr(0, 1000));
    ASSERT_EQ(::fallocate(to.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
    EXPECT_EQ(get_bytes(to, 0, 4), std::string(4, '\0'));
    EXPECT_GE(::lseek(to.get(), 0, SEEK_DATA), 4096);
}

TEST_P(PassthroughTest, AFileThatWasWrittenLosesSuidByItsClose) {
    const auto mode_of = [&](std::string_view name) {
        struct stat status {};
        EXPECT_EQ(::stat(path(name).c_str(), &status), 0);
        return status.st_mode & 07777;
    };
    {
        const auto file = opened(path("kept"), O_CREAT | O_WRONLY);
        put_bytes(file, 0, some_bytes(kLarge, 1));
        ASSERT_EQ(::fchmod(file.get(), 04755), 0);
    }
    EXPECT_EQ(mode_of("kept"), 04755u) << "what cp and tar do";
    ASSERT_EQ(::chmod(path("").c_str(), 0777), 0);
    ASSERT_EQ(::chown(path("kept").c_str(), 1234, 1234), 0);
    ASSERT_EQ(::chmod(path("kept").c_str(), 0755), 0);
    become(1234);
    {
        const auto file = opened(path("kept"), O_WRONLY);
        EXPECT_EQ(::fchmod(file.get(), 04755), 0);
        put_bytes(file, 0, "something else");
    }
    become(0);
    EXPECT_EQ(mode_of("kept"), 0755u);
    const std::string capability("\1\0\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    ASSERT_EQ(::setxattr(path("kept").c_str(), "security.capability", capability.data(), capability.size(), 0), 0);
    put_bytes(opened(path("kept"), O_WRONLY), 0, "again");
    EXPECT_EQ(::getxattr(path("kept").c_str(), "security.capability", nullptr, 0), -1);
}

TEST_P(PassthroughTest, ASnapshotKeepsWhatItHadWhileTheFileIsWrittenOn) {
    make("old", some_bytes(kLarge, 1));
    const auto old = opened(path("old"), O_RDWR), fresh = opened(path("new"), O_CREAT | O_RDWR);
    put_bytes(old, 10, "before");
    put_bytes(fresh, 0, some_bytes(kLarge, 2));
    make_snapshot("s");
    put_bytes(old, 10, "after!");
    put_bytes(fresh, 0, "changed afterwards");
    ASSERT_EQ(::ftruncate(fresh.get(), 20'000), 0);
    std::string before = some_bytes(kLarge, 1);
    before.replace(10, 6, "before");
    EXPECT_TRUE(in_snapshot("s", "old") == before);
    EXPECT_TRUE(in_snapshot("s", "new") == some_bytes(kLarge, 2));
    EXPECT_EQ(get_bytes(old, 10, 6), "after!");
    remount();
    EXPECT_TRUE(in_snapshot("s", "old") == before);
    EXPECT_EQ(read_file(path("old")).substr(10, 6), "after!");
    EXPECT_TRUE(read_file(path("new")) == "changed afterwards" + some_bytes(kLarge, 2).substr(18, 20'000 - 18));
}

TEST_P(PassthroughTest, AReaderOfAPinnedFileSeesWhatAWriterWrites) {
    make("f", some_bytes(kLarge, 1));
    make_snapshot("s");
    const auto reader = opened(path("f"), O_RDONLY);
    EXPECT_EQ(get_bytes(reader, 0, 4), some_bytes(4, 1));
    put_bytes(opened(path("f"), O_WRONLY), 0, "live");
    EXPECT_EQ(get_bytes(reader, 0, 4), "live");
    EXPECT_TRUE(in_snapshot("s", "f") == some_bytes(kLarge, 1));
    ASSERT_TRUE(store.volume().drop_snapshot("s"));
    EXPECT_EQ(read_file(path("f")).substr(0, 4), "live");
}

TEST_P(PassthroughTest, WhoHasAFileOpenSeesWhatIsPutOverIt) {
    make("f", some_bytes(kLarge, 1));
    make_snapshot("s");
    {
        const auto file = opened(path("f"), O_RDWR);
        put_bytes(file, 0, "written in place");
        for (const std::size_t size : {std::size_t{5}, kLarge + 17, kSmall, std::size_t{0}, kLarge}) {
            put_over("f", some_bytes(size, 9));
            EXPECT_TRUE(get_bytes(file, 0, kLarge + 100) == some_bytes(size, 9)) << size;
        }
        put_bytes(file, 1, "and writes on");
    }
    EXPECT_TRUE(in_snapshot("s", "f") == some_bytes(kLarge, 1));
    remount();
    std::string expected = some_bytes(kLarge, 9);
    expected.replace(1, 13, "and writes on");
    EXPECT_TRUE(read_file(path("f")) == expected);
}

TEST_P(PassthroughTest, WhoHasAFileOpenSeesWhatATransactionCommits) {
    make("f", some_bytes(kLarge, 1));
    const auto reader = opened(path("f"), O_RDONLY);
    EXPECT_EQ(get_bytes(reader, 0, 4), some_bytes(4, 1));
    auto transaction = *store.volume().begin({});
    {
        const auto file = *transaction->view().open(node("f"), {.mode = OpenMode::read_write});
        ASSERT_TRUE(file->write(0, std::as_bytes(std::span("told", 4))));
    }
    EXPECT_EQ(get_bytes(reader, 0, 4), some_bytes(4, 1));
    const Status committed = transaction->commit();
    ASSERT_TRUE(committed) << committed.error().text();
    settle();
    EXPECT_EQ(get_bytes(reader, 0, 4), "told");
}

TEST_P(PassthroughTest, ManyFilesAtOnceAreAllRight) {
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (unsigned i = 0; i < 50; ++i) {
                const std::string name = std::to_string(t) + "-" + std::to_string(i), bytes = some_bytes(i * 1000, i);
                make(name, bytes);
                EXPECT_TRUE(read_file(path(name)) == bytes) << name;
                put_bytes(opened(path("shared"), O_CREAT | O_WRONLY | O_APPEND), 0, "x");
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(size_of("shared"), 200u);
}

INSTANTIATE_TEST_SUITE_P(Mounts, PassthroughTest, testing::Bool(),
                         [](const auto& mode) { return mode.param ? "WithPassthrough" : "WithoutPassthrough"; });

}  // namespace asterope::fs

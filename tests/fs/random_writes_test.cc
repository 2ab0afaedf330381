#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdlib>
#include <cstring>
#include <random>

#include "tests/fs/mount_fixture.h"
#include "tests/fs/store_mount.h"
#include "tests/seed.h"

/// After fsx: one file, every way to change it, and its bytes compared with what they must be.
namespace asterope::fs {
namespace {

constexpr std::size_t kBytesMax = 40'000;  ///< on both sides of what fits into the index

class RandomWritesTest : public StoreMountTest {
  public:
    using Step = void (RandomWritesTest::*)();

    std::size_t below(std::size_t n) { return random_() % n; }
    Descriptor& any() { return files_[below(files_.size())]; }

    void write() {
        const std::size_t at = below(kBytesMax), size = below(std::min<std::size_t>(kBytesMax - at, 5000)) + 1;
        const std::string bytes = some_bytes(size, static_cast<unsigned>(random_()));
        if (expected_.size() < at + size) expected_.resize(at + size, '\0');
        expected_.replace(at, size, bytes);
        put_bytes(any(), at, bytes);
    }
    void write_mapped() {
        // A process that answers the kernel must not wait for a page that only it can give.
        if (!passes_through() || expected_.size() < 2) return;
        Descriptor file = opened(path("f"), O_RDWR);
        const std::size_t size = expected_.size(), at = below(size), count = std::min<std::size_t>(size - at, 2000);
        void* const mapping = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
        ASSERT_NE(mapping, MAP_FAILED);
        if (below(2) == 0) file = Descriptor();
        const std::string bytes = some_bytes(count, static_cast<unsigned>(random_()));
        std::memcpy(static_cast<char*>(mapping) + at, bytes.data(), count);
        ::munmap(mapping, size);
        expected_.replace(at, count, bytes);
    }
    void truncate() {
        const std::size_t size = below(kBytesMax);
        expected_.resize(size, '\0');
        ASSERT_EQ(below(2) == 0 ? ::ftruncate(any().get(), static_cast<off_t>(size))
                                : ::truncate(path("f").c_str(), static_cast<off_t>(size)), 0);
    }
    void compare() {
        const std::size_t at = below(kBytesMax), size = below(20'000) + 1;
        const std::string read = get_bytes(any(), at, size);
        ASSERT_TRUE(read == (at < expected_.size() ? expected_.substr(at, size) : "")) << at << " " << size;
        ASSERT_EQ(size_of("f"), expected_.size());
    }
    void reopen() {
        static constexpr int kFlags[] = {O_RDWR, O_RDWR, O_RDWR | O_TRUNC};
        Descriptor& file = any();
        if (below(2) == 0) file = Descriptor();
        const int flags = kFlags[below(3)];
        if ((flags & O_TRUNC) != 0) expected_.clear();
        file = opened(path("f"), flags);
    }
    void close_all() {
        for (auto& file : files_) file = Descriptor();
        if (below(4) == 0) remount();
        ASSERT_TRUE(read_file(path("f")) == expected_);
        const bool replaces = below(3) == 0;
        if (replaces) expected_.clear();
        for (auto& file : files_) file = opened(path("f"), O_RDWR | (replaces && &file == &files_[0] ? O_TRUNC : 0));
    }
    void sync() { ASSERT_EQ(below(2) == 0 ? ::fsync(any().get()) : ::fdatasync(any().get()), 0); }
    void allocate() {
        const std::size_t at = below(kBytesMax), size = below(kBytesMax - at) + 1;
        ASSERT_EQ(::fallocate(any().get(), 0, static_cast<off_t>(at), static_cast<off_t>(size)), 0);
        if (expected_.size() < at + size) expected_.resize(at + size, '\0');
    }
    void take_snapshot() {
        if (snapshot_) {
            ASSERT_TRUE(store.volume().drop_snapshot("s"));
        }
        ASSERT_EQ(::fsync(any().get()), 0);  // a replacement that its writer has neither closed nor synced is in none
        const auto made = store.volume().make_snapshot("s");
        ASSERT_TRUE(made) << made.error().text();
        snapshot_ = expected_;
    }
    void look_at_snapshot() {
        if (!snapshot_) return;
        const auto volume = *store.volume().open_snapshot("s");
        const auto attr = volume->lookup(kRootNode, "f");
        const auto file = *volume->open(attr->node, {});
        std::string bytes(kBytesMax + 1, '\0');
        bytes.resize(*file->read(0, std::as_writable_bytes(std::span(bytes))));
        ASSERT_TRUE(bytes == *snapshot_);
    }
    /// Past the mount.
    void put() {
        PutRequest request;
        request.content = std::move(*store.volume().stage());
        expected_ = some_bytes(below(kBytesMax), static_cast<unsigned>(random_()));
        ASSERT_TRUE(request.content->append(std::as_bytes(std::span(expected_))));
        ASSERT_TRUE(store.volume().put(kRootNode, "f", std::move(request)));
        settle();
    }

  protected:
    std::minstd_rand random_;
    std::string expected_;
    std::optional<std::string> snapshot_;
    std::array<Descriptor, 3> files_;
};

}  // namespace

TEST_P(RandomWritesTest, AFileIsWhatWasWrittenToIt) {
    const char* const given_count = std::getenv("ASTEROPE_FSX_OPERATIONS");
    const long count = given_count != nullptr ? std::atol(given_count) : 3000;
    random_.seed(seed_of_test());
    files_[0] = opened(path("f"), O_CREAT | O_RDWR);
    for (std::size_t i = 1; i < files_.size(); ++i) files_[i] = opened(path("f"), O_RDWR);
    using T = RandomWritesTest;
    const std::pair<Step, unsigned> steps[] = {{&T::write, 300}, {&T::compare, 300}, {&T::truncate, 60}, {&T::write_mapped, 60},
                                               {&T::reopen, 80}, {&T::close_all, 15}, {&T::sync, 10}, {&T::allocate, 30},
                                               {&T::put, 10}, {&T::take_snapshot, 3}, {&T::look_at_snapshot, 10}};
    std::vector<Step> chosen;
    for (const auto& [step, weight] : steps) chosen.insert(chosen.end(), weight, step);
    for (long i = 0; i < count && !HasFailure(); ++i) {
        SCOPED_TRACE("operation " + std::to_string(i));
        (this->*chosen[below(chosen.size())])();
    }
    for (auto& file : files_) file = Descriptor();
    EXPECT_TRUE(read_file(path("f")) == expected_);
}

INSTANTIATE_TEST_SUITE_P(Mounts, RandomWritesTest, testing::Bool(),
                         [](const auto& mode) { return mode.param ? "WithPassthrough" : "WithoutPassthrough"; });

}  // namespace asterope::fs

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>

#include "tests/kv/support.h"

/// A store on a filesystem that is really full: a small tmpfs in a mount namespace that dies with a child process.
namespace asterope::kv::test {
namespace {

constexpr int kCannotMount = 77;

/// Runs `body` in a child that has a tmpfs of `size` at `directory`. Returns its exit status.
int in_small_filesystem(const std::string& directory, const char* size, const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        const bool mounted =
            ::unshare(CLONE_NEWNS) == 0 &&
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
            ::mount("tmpfs", directory.c_str(), "tmpfs", 0, (std::string("size=") + size).c_str()) == 0;
        ::_exit(mounted ? body() : kCannotMount);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string key_of(int i) {
    return "key" + std::to_string(i);
}

#define REQUIRE(condition)                                      \
    do {                                                        \
        if (!(condition)) {                                     \
            std::fprintf(stderr, "not true: %s\n", #condition); \
            return __LINE__ % 70 + 1;                           \
        }                                                       \
    } while (false)

int fill_and_empty(const std::string& directory) {
    Options options = quiet_options();
    options.part_pages = Options().part_pages;  // of 2 pages, each part would take room for a path of the tree
    options.segment_bytes = 1u << 20;
    options.buffer_bytes = 1u << 20;
    options.flush_interval_ms = 10;
    auto store = open_store(directory, options);
    int count = 0;
    Result<Sequence> last = Sequence{0};
    const auto put = [&](int i) {
        Batch batch;
        batch.put(Table::inline_contents, key_of(i), std::string(3000, 'v'));
        return store->commit(std::move(batch));
    };
    while (count < 100000 && (last = put(count))) ++count;
    REQUIRE(!last && last.error().code == Errc::no_space);
    REQUIRE(count > 1000);
    REQUIRE(store->sync(store->last_sequence()));
    REQUIRE(store->last_sequence() == Sequence{static_cast<std::uint64_t>(count)});
    REQUIRE(rows_of(*store->snapshot()).size() == static_cast<std::size_t>(count));

    // Removing goes on, also after the store has been opened anew.
    const auto erase = [&](int i) {
        Batch batch;
        batch.erase(Table::inline_contents, key_of(i));
        batch.may_use_reserve();
        return store->commit(std::move(batch)).has_value();
    };
    for (int i = 0; i < count / 2; ++i) REQUIRE(erase(i));
    REQUIRE(store->flush());
    REQUIRE(store->close());
    store.reset();
    store = open_store(directory, options);
    REQUIRE(rows_of(*store->snapshot()).size() == static_cast<std::size_t>(count - count / 2));
    for (int i = count / 2; i < count; ++i) REQUIRE(erase(i));
    REQUIRE(store->flush());
    REQUIRE(rows_of(*store->snapshot()).empty());
    REQUIRE(store->close());
    return 0;
}

/// Another file takes all space while batches are still in the buffers; then it goes.
int run_out_and_recover(const std::string& directory) {
    Options options = quiet_options();
    options.segment_bytes = 1u << 20;
    options.buffer_bytes = 1u << 20;
    options.flush_interval_ms = 10;
    const auto store = open_store(directory, options);
    const auto put = [&](int i) {
        Batch batch;
        batch.put(Table::inline_contents, key_of(i), std::string(3000, 'v'));
        return store->commit(std::move(batch)).has_value();
    };
    int count = 0;
    for (; count < 100; ++count) REQUIRE(put(count));
    std::FILE* other = std::fopen((directory + "/other").c_str(), "w");
    const std::string block(4096, 'x');
    while (std::fwrite(block.data(), block.size(), 1, other) == 1) {
    }
    std::fclose(other);
    int refused = 0;
    for (int i = 0; i < 10000 && refused < 10; ++i) {
        if (put(count)) {
            ++count;
        } else {
            ++refused;
        }
    }
    REQUIRE(refused == 10);
    std::filesystem::remove(directory + "/other");
    int tries = 0;
    while (!put(count)) {
        REQUIRE(++tries < 3000);
        ::usleep(10000);
    }
    ++count;
    REQUIRE(store->flush());
    REQUIRE(rows_of(*store->snapshot()).size() == static_cast<std::size_t>(count));
    return 0;
}

/// The process dies on a full disk, with more in the journal than the index has room for.
int die_and_come_back(const std::string& directory) {
    Options options = quiet_options();
    options.segment_bytes = 1u << 20;
    options.buffer_bytes = 32u << 20;
    constexpr int kCount = 6000;
    const auto erase = [&](Store& store, int i) {
        Batch batch;
        batch.erase(Table::inline_contents, key_of(i));
        batch.may_use_reserve();
        return store.commit(std::move(batch)).has_value();
    };
    const pid_t child = ::fork();
    if (child == 0) {
        const auto store = open_store(directory, options);
        for (int i = 0; i < kCount; ++i) {
            Batch batch;
            batch.put(Table::inline_contents, key_of(i), std::string(3000, 'v'));
            batch.refers_to(BlobId{static_cast<std::uint64_t>(i)});
            REQUIRE(store->commit(std::move(batch)).has_value());
        }
        std::FILE* other = std::fopen((directory + "/other").c_str(), "w");
        const std::string block(4096, 'x');
        while (std::fwrite(block.data(), block.size(), 1, other) == 1) {
        }
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(status == 0);

    std::string logged;
    options.log = [&](std::string_view line) { logged.append(line).append("\n"); };
    auto store = open_store(directory, options);
    REQUIRE(logged.find("replayed 6000 batches") != std::string::npos);
    REQUIRE(store->last_sequence() == Sequence{kCount});
    REQUIRE(rows_of(*store->snapshot()).size() == kCount);
    for (int i = 0; i < 100; ++i) REQUIRE(erase(*store, i));
    REQUIRE(store->sync(store->last_sequence()));
    REQUIRE(!store->close());
    store.reset();
    forge_power_cut(directory);
    store = open_store(directory, options);  // still full; everything had been synced
    REQUIRE(rows_of(*store->snapshot()).size() == kCount - 100);
    std::filesystem::remove(directory + "/other");
    REQUIRE(store->flush());
    REQUIRE(rows_of(*store->snapshot()).size() == kCount - 100);
    REQUIRE(store->close());
    store.reset();
    logged.clear();
    store = open_store(directory, options);
    REQUIRE(logged.empty());
    REQUIRE(rows_of(*store->snapshot()).size() == kCount - 100);
    return 0;
}

void expect_success(int status) {
    if (status == kCannotMount) GTEST_SKIP() << "needs the right to mount a tmpfs in a namespace of its own";
    EXPECT_EQ(0, status);
}

TEST(DiskFull, NothingAnsweredIsLostAndRemovingGoesOn) {
    const TempDir dir;
    expect_success(in_small_filesystem(dir.path(), "40m", [&] { return fill_and_empty(dir.path()); }));
}

TEST(DiskFull, AStoreThatDiedOnItOpensAndLosesNothing) {
    const TempDir dir;
    expect_success(in_small_filesystem(dir.path(), "60m", [&] { return die_and_come_back(dir.path()); }));
}

TEST(DiskFull, ItWorksAgainWhenThereIsRoom) {
    const TempDir dir;
    expect_success(in_small_filesystem(dir.path(), "40m", [&] { return run_out_and_recover(dir.path()); }));
}

}  // namespace
}  // namespace asterope::kv::test

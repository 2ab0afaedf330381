#include "tests/fs/store_mount.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cstring>
#include <filesystem>
#include <random>
#include <sstream>

#include "fs/request_counts.h"
#include "tests/fs/mount_fixture.h"

namespace asterope::fs {

void StoreMountTest::SetUp() {
    if (!why_no_mount().empty()) GTEST_SKIP() << "SKIPPED, not passed: " << why_no_mount();
    std::string name = (std::filesystem::temp_directory_path() / "asterope-mount-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    mount();
    const std::uint64_t before = transfers();
    put_bytes(opened(path("probe"), O_CREAT | O_WRONLY), 0, "x");
    ASSERT_EQ(::unlink(path("probe").c_str()), 0);
    if (passes_through() && transfers() != before)  // Linux before 6.9
        GTEST_SKIP() << "SKIPPED, not passed: this kernel or filesystem has no passthrough";
}

void StoreMountTest::mount() {
    std::mutex mutex;
    std::condition_variable changed;
    bool ready = false;
    MountOptions options;
    options.passthrough = passes_through();
    options.ready = [&] {
        const std::lock_guard lock(mutex);
        ready = true;
        changed.notify_all();
    };
    auto mounted = fs::mount(store.volume(), directory_, options);
    ASSERT_TRUE(mounted) << mounted.error().text();
    mount_ = std::move(*mounted);
    loop_ = std::thread([this] { (void)mount_->run(); });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ready; });
}

void StoreMountTest::unmount() {
    if (!mount_) return;
    mount_->stop();
    loop_.join();
    mount_.reset();
}

void StoreMountTest::remount() {
    unmount();
    store.reopen();
    mount();
}

void StoreMountTest::TearDown() {
    unmount();
    EXPECT_EQ(problems(store.volume()), "");
    if (directory_.empty()) return;
    EXPECT_EQ(::rmdir(directory_.c_str()), 0) << std::strerror(errno);
}

std::uint64_t StoreMountTest::transfers() const {
    char text[8192];
    const ssize_t size = ::getxattr(directory_.c_str(), kRequestsAttribute.data(), text, sizeof text);
    std::istringstream lines(std::string(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
    std::string kind;
    std::uint64_t count = 0, sum = 0;
    while (lines >> kind >> count)
        if (kind == "read" || kind == "write") sum += count;
    return sum;
}

std::uint64_t StoreMountTest::size_of(std::string_view name) const {
    struct stat status {};
    EXPECT_EQ(::stat(path(name).c_str(), &status), 0) << name;
    return static_cast<std::uint64_t>(status.st_size);
}

Descriptor opened(const std::string& path, int flags) {
    Descriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0644));
    EXPECT_TRUE(file) << path << ": " << std::strerror(errno);
    return file;
}

void put_bytes(const Descriptor& file, std::uint64_t offset, std::string_view bytes) {
    EXPECT_EQ(::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)), static_cast<ssize_t>(bytes.size()))
        << std::strerror(errno);
}

std::string get_bytes(const Descriptor& file, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    const ssize_t got = ::pread(file.get(), bytes.data(), size, static_cast<off_t>(offset));
    EXPECT_GE(got, 0) << std::strerror(errno);
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return bytes;
}

std::string some_bytes(std::size_t size, unsigned seed) {
    std::minstd_rand random(seed);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>('a' + random() % 26);
    return bytes;
}

}  // namespace asterope::fs

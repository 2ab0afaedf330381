#include "tests/fs/mount_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/own_mount_namespace.h"

namespace asterope::fs {
namespace {

std::string namespace_problem = "the test's main() did not run";

/// Must run before any thread is made.
std::string enter_own_namespace() {
    if (::geteuid() != 0) return "mounting in a test needs root";
    if (::access("/dev/fuse", R_OK | W_OK) != 0) return "/dev/fuse is missing";
    return enter_own_mount_namespace();
}

}  // namespace

std::string why_no_mount() {
    return namespace_problem;
}

void MountTest::SetUp() {
    if (!why_no_mount().empty()) GTEST_SKIP() << "SKIPPED, not passed: " << why_no_mount();
    std::string name = (std::filesystem::temp_directory_path() / "asterope-mount-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
}

void MountTest::start(MountOptions options) {
    options.ready = [this] {
        std::lock_guard lock(mutex_);
        ready_ = true;
        changed_.notify_all();
    };
    auto mounted = mount(mounted_volume(), directory_, options);
    ASSERT_TRUE(mounted) << mounted.error().text();
    mount_ = std::move(*mounted);
    loop_ = std::thread([this] {
        Status status = mount_->run();
        std::lock_guard lock(mutex_);
        result_ = std::move(status);
        ended_ = true;
        changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready_ || ended_; });
    ASSERT_TRUE(ready_) << result_->error().text();
}

Status MountTest::stop() {
    mount_->stop();
    if (loop_.joinable()) loop_.join();
    return *result_;
}

void MountTest::TearDown() {
    if (mount_) {
        const Status status = stop();
        EXPECT_TRUE(status) << status.error().text();
        mount_.reset();
    }
    EXPECT_EQ(volume->open_count(), 0u) << "a file stayed open in the volume";
    if (directory_.empty()) return;
    ::umount2(directory_.c_str(), MNT_DETACH);
    EXPECT_EQ(::rmdir(directory_.c_str()), 0) << std::strerror(errno);
}

int MountTest::shell(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::string("[") + std::strerror(errno) + "]";
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream out(path, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    EXPECT_TRUE(out) << path;
}

std::string names_in(const std::string& path) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
        names.push_back(entry.path().filename());
    if (error) return "[" + error.message() + "]";
    std::sort(names.begin(), names.end());
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : " ") + name;
    return out;
}

}  // namespace asterope::fs

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    asterope::fs::namespace_problem = asterope::fs::enter_own_namespace();
    ::umask(022);
    ::alarm(300);  // a mount that hangs must not hang the suite: its connection ends with the process
    return RUN_ALL_TESTS();
}

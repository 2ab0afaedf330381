#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "tests/fs/mount_fixture.h"

namespace asterope::fs {
namespace {

/// A volume whose queries go on until they are stopped.
class EndlessVolume : public ModelVolume {
  public:
    Result<std::unique_ptr<ResultStream>> query(const query::Query&, const QueryOptions& options) override {
        class Endless : public ResultStream {
          public:
            Endless(EndlessVolume& volume, std::stop_token stop) : volume_(volume), stop_(std::move(stop)) {}
            Result<std::vector<Hit>> next(std::size_t) override {
                std::unique_lock lock(volume_.mutex_endless);
                volume_.evaluating = true;
                volume_.changed.notify_all();
                volume_.changed.wait(lock, stop_, [] { return false; });
                return fail(Errc::interrupted);
            }

          private:
            EndlessVolume& volume_;
            const std::stop_token stop_;
        };
        return std::unique_ptr<ResultStream>(std::make_unique<Endless>(*this, options.stop));
    }
    std::mutex mutex_endless;
    std::condition_variable_any changed;
    bool evaluating = false;
};

/// A volume whose files have a descriptor, with other bytes than the file itself: reading shows which of them was used.
class BackedVolume : public ModelVolume {
  public:
    static std::string backing_bytes(std::size_t size) {
        std::string bytes(size, 'd');
        bytes.front() = 'F';
        bytes.back() = 'L';
        return bytes;
    }

    Result<std::unique_ptr<File>> open(NodeId node, const OpenOptions& options) override {
        class Backed : public File {
          public:
            Backed(std::unique_ptr<File> file, int fd) : file_(std::move(file)), fd_(fd) {}
            ~Backed() override { ::close(fd_); }
            Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> buffer) override {
                return file_->read(offset, buffer);
            }
            Status write(std::uint64_t offset, std::span<const std::byte> bytes) override {
                return file_->write(offset, bytes);
            }
            Status truncate(std::uint64_t size) override { return file_->truncate(size); }
            Status allocate(int mode, std::uint64_t offset, std::uint64_t length) override {
                return file_->allocate(mode, offset, length);
            }
            Result<std::uint64_t> seek(std::uint64_t offset, int whence) override {
                return file_->seek(offset, whence);
            }
            Status commit(Durability durability) override { return file_->commit(durability); }
            Result<Attr> getattr() override { return file_->getattr(); }
            std::optional<int> backing_fd() override { return fd_; }

          private:
            std::unique_ptr<File> file_;
            const int fd_;
        };
        auto file = ASTEROPE_TRY(ModelVolume::open(node, options));
        const std::uint64_t size = ASTEROPE_TRY(file->getattr()).size;
        const std::string bytes = size == 0 ? "" : backing_bytes(static_cast<std::size_t>(size));
        const int fd = ::memfd_create("backing", MFD_CLOEXEC);
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written != static_cast<ssize_t>(bytes.size())) return fail_errno(errno, "memfd");
        return std::unique_ptr<File>(std::make_unique<Backed>(std::move(file), fd));
    }
};

}  // namespace

TEST_F(MountTest, ASignalEndsAnEndlessQuery) {
    auto endless = std::make_unique<EndlessVolume>();
    EndlessVolume& waiting = *endless;
    volume = std::move(endless);
    start();
    const pid_t child = ::fork();
    if (child == 0) {
        struct sigaction action {};
        action.sa_handler = [](int) {};
        ::sigaction(SIGUSR1, &action, nullptr);
        const int fd = ::open(path("query/a=1").c_str(), O_RDONLY | O_DIRECTORY);
        ::_exit(fd < 0 && errno == EINTR ? 0 : 1);
    }
    {
        std::unique_lock lock(waiting.mutex_endless);
        waiting.changed.wait(lock, [&] { return waiting.evaluating; });
    }
    ::kill(child, SIGUSR1);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST_F(MountTest, AFileWithADescriptorIsReadFromIt) {
    volume = std::make_unique<BackedVolume>();
    start();
    for (const std::size_t size : {std::size_t{5}, std::size_t{10'000}, std::size_t{3'000'001}}) {
        const std::string file = path(std::to_string(size));
        write_file(file, std::string(size, 'm'));
        EXPECT_TRUE(read_file(file) == BackedVolume::backing_bytes(size)) << size;
    }
}

}  // namespace asterope::fs

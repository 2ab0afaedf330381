#include "tests/bench/workloads.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <random>
#include <system_error>

namespace asterope::bench {
namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr std::size_t kBlock = 4096;

/// The result of a system call, or the exception that tells what failed.
template <class T>
T check(T result, const std::string& what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

class Fd {
  public:
    Fd(const std::string& path, int flags)
        : fd_(check(::open(path.c_str(), flags | O_CLOEXEC, 0644), path)) {}
    ~Fd() { ::close(fd_); }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    operator int() const { return fd_; }

  private:
    int fd_;
};

std::string large(const std::string& dir) {
    return dir + "/large";
}
std::string file(const std::string& dir, std::size_t i) {
    return dir + "/small/file-" + std::to_string(i);
}
std::string renamed(const std::string& dir, std::size_t i) {
    return dir + "/small/renamed-" + std::to_string(i);
}

/// Bytes that no filesystem below can shorten.
std::string noise(std::size_t size) {
    std::mt19937_64 random(1);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

void write_stream(const std::string& dir, std::size_t mib) {
    static const std::string block = noise(kMiB);
    const Fd fd(large(dir), O_CREAT | O_TRUNC | O_WRONLY);
    for (std::size_t i = 0; i < mib; ++i) check(::write(fd, block.data(), kMiB), "write");
}

void read_stream(const std::string& dir) {
    std::string buffer(kMiB, '\0');
    const Fd fd(large(dir), O_RDONLY);
    while (check(::read(fd, buffer.data(), kMiB), "read") > 0) {
    }
}

void read_mapped(const std::string& dir, std::size_t mib) {
    const Fd fd(large(dir), O_RDONLY);
    void* const map = ::mmap(nullptr, mib * kMiB, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) check(-1, "mmap");
    unsigned sum = 0;
    for (std::size_t i = 0; i < mib * kMiB; i += kBlock)
        sum += static_cast<const volatile unsigned char*>(map)[i];
    ::munmap(map, mib * kMiB);
}

/// Calls `transfer` with `count` random offsets of 4 KiB blocks.
template <class Transfer>
void at_random(const std::string& dir, const Sizes& sizes, int flags, Transfer transfer) {
    const Fd fd(large(dir), flags);
    std::string block(kBlock, 'r');
    std::mt19937_64 random(2);
    const std::size_t blocks = sizes.file_mib * (kMiB / kBlock);
    for (std::size_t i = 0; i < sizes.block_count; ++i)
        check(transfer(fd, block.data(), kBlock, static_cast<off_t>(random() % blocks * kBlock)),
              "random block");
}

void write_small(const std::string& path) {
    static const std::string block = noise(kBlock);
    const Fd fd(path, O_CREAT | O_EXCL | O_WRONLY);
    check(::write(fd, block.data(), block.size()), path);
}

void read_small(const std::string& path) {
    char block[kBlock];
    const Fd fd(path, O_RDONLY);
    check(::read(fd, block, sizeof block), path);
}

void stat_path(const std::string& path) {
    struct stat st {};
    check(::lstat(path.c_str(), &st), path);
}

/// What `ls -l` asks the kernel for.
void list_long(const std::string& dir) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(dir.c_str()), ::closedir);
    if (!open) check(-1, dir);
    while (const dirent* entry = ::readdir(open.get())) {
        struct stat st {};
        check(::fstatat(::dirfd(open.get()), entry->d_name, &st, AT_SYMLINK_NOFOLLOW), entry->d_name);
    }
}

/// A command of the shell, with the directory as $DIR.
void shell(const std::string& dir, const std::string& command) {
    ::setenv("DIR", dir.c_str(), 1);
    const int status = std::system(command.c_str());
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::system_error(EIO, std::generic_category(), command);
}

/// Does `one` for each small file.
template <class One>
Workload for_each_file(std::string name, std::size_t count, One one) {
    return {std::move(name), Workload::Unit::microseconds, static_cast<double>(count),
            [=](const std::string& dir) {
                for (std::size_t i = 0; i < count; ++i) one(dir, i);
            }};
}

std::vector<Workload> contents(const Sizes& s) {
    const double mib = static_cast<double>(s.file_mib), blocks = static_cast<double>(s.block_count);
    using enum Workload::Unit;
    return {
        {"sequential write", mib_per_second, mib,
         [s](const std::string& dir) { write_stream(dir, s.file_mib); }},
        {"sequential read", mib_per_second, mib, [](const std::string& dir) { read_stream(dir); }},
        {"sequential read, again", mib_per_second, mib, [](const std::string& dir) { read_stream(dir); }},
        {"mmap read", mib_per_second, mib, [s](const std::string& dir) { read_mapped(dir, s.file_mib); }},
        {"random read of 4 KiB", microseconds, blocks,
         [s](const std::string& dir) { at_random(dir, s, O_RDONLY, ::pread); }},
        {"random write of 4 KiB", microseconds, blocks,
         [s](const std::string& dir) { at_random(dir, s, O_WRONLY, ::pwrite); }},
        {"fsync after that", seconds, 1,
         [](const std::string& dir) { check(::fsync(Fd(large(dir), O_WRONLY)), "fsync"); }},
        {"unlink of the large file", seconds, 1,
         [](const std::string& dir) { check(::unlink(large(dir).c_str()), dir); }},
    };
}

std::vector<Workload> small_files(const Sizes& s) {
    const auto each = [n = s.file_count](std::string name, auto one) {
        return for_each_file(std::move(name), n, one);
    };
    return {
        {"mkdir", Workload::Unit::microseconds, 1,
         [](const std::string& dir) { check(::mkdir((dir + "/small").c_str(), 0755), dir); }},
        each("create, write 4 KiB, close", [](const auto& dir, auto i) { write_small(file(dir, i)); }),
        each("open, read 4 KiB, close", [](const auto& dir, auto i) { read_small(file(dir, i)); }),
        each("open, read 4 KiB, close, again", [](const auto& dir, auto i) { read_small(file(dir, i)); }),
        each("stat", [](const auto& dir, auto i) { stat_path(file(dir, i)); }),
        each("stat, the same file", [](const auto& dir, auto) { stat_path(file(dir, 0)); }),
        each("setxattr",
             [](const auto& dir, auto i) {
                 check(::setxattr(file(dir, i).c_str(), "user.field", "12345", 5, 0), dir);
             }),
        each("getxattr",
             [](const auto& dir, auto i) {
                 char value[16];
                 check(::getxattr(file(dir, i).c_str(), "user.field", value, sizeof value), dir);
             }),
        each("rename", [](const auto& dir,
                          auto i) { check(::rename(file(dir, i).c_str(), renamed(dir, i).c_str()), dir); }),
        each("unlink", [](const auto& dir, auto i) { check(::unlink(renamed(dir, i).c_str()), dir); }),
    };
}

std::vector<Workload> listing(const Sizes& s) {
    const std::size_t count = s.listed_count;
    const std::string many = std::to_string(count);
    return {
        for_each_file("create an empty file, one of " + many, count,
                      [](const auto& dir, auto i) { const Fd fd(file(dir, i), O_CREAT | O_WRONLY); }),
        {"ls -l of " + many, Workload::Unit::seconds, 1,
         [](const std::string& dir) { list_long(dir + "/small"); }},
        {"rm -r of " + many, Workload::Unit::seconds, 1,
         [](const std::string& dir) { shell(dir, "rm -r \"$DIR/small\""); }},
    };
}

std::vector<Workload> trees(const Sizes& s) {
    using enum Workload::Unit;
    const std::string git = "git -C \"$DIR/tree\" -c gc.auto=0 -c user.name=b -c user.email=b@localhost ";
    return {
        {"untar", seconds, 1,
         [=](const auto& dir) {
             shell(dir, "mkdir \"$DIR/tree\" && tar -C \"$DIR/tree\" -xf '" + s.archive + "'");
         }},
        {"git add and commit of it", seconds, 1,
         [=](const auto& dir) {
             shell(dir, "git init -q \"$DIR/tree\" && " + git + "add -A && " + git + "commit -qm all");
         }},
        {"git status", seconds, 1, [=](const auto& dir) { shell(dir, git + "status --porcelain"); }},
        {"rm -r of it", seconds, 1, [](const auto& dir) { shell(dir, "rm -r \"$DIR/tree\""); }},
    };
}

}  // namespace

std::vector<Workload> workloads(const Sizes& sizes) {
    std::vector<Workload> all = contents(sizes);
    for (auto& more : small_files(sizes)) all.push_back(std::move(more));
    for (auto& more : listing(sizes)) all.push_back(std::move(more));
    if (!sizes.archive.empty())
        for (auto& more : trees(sizes)) all.push_back(std::move(more));
    return all;
}

}  // namespace asterope::bench

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "tests/fs/mount_fixture.h"

namespace asterope::fs {

template <class Child>
int MountTest::in_child(unsigned uid, Child child) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        const bool changed = uid == 0 || (::setgid(uid) == 0 && ::setuid(uid) == 0);
        ::_exit(changed ? child() : 255);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

namespace {

/// A descriptor for a test's scope.
struct Fd {
    int fd;
    Fd(const std::string& path, int flags) : fd(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
    ~Fd() {
        if (fd >= 0) ::close(fd);
    }
    operator int() const { return fd; }
};

int set(const std::string& path, const char* name, std::string_view value, int flags = 0) {
    return ::setxattr(path.c_str(), name, value.data(), value.size(), flags) == 0 ? 0 : errno;
}
std::string get(const std::string& path, const char* name) {
    std::string value(65536, '?');
    const ssize_t size = ::getxattr(path.c_str(), name, value.data(), value.size());
    if (size < 0) return std::string("[") + std::to_string(errno) + "]";
    return value.substr(0, static_cast<std::size_t>(size));
}
struct stat stat_of(const std::string& path) {
    struct stat st {};
    EXPECT_EQ(::lstat(path.c_str(), &st), 0) << path;
    return st;
}
std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    unsigned seed = 7;
    for (auto& byte : bytes) byte = static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
    return bytes;
}

}  // namespace

TEST_F(MountTest, CopiesOfATreeCompareEqualWithAttributes) {
    start();
    const std::string source = path("source"), copy = path("copy");
    ASSERT_EQ(::mkdir(source.c_str(), 0750), 0);
    write_file(source + "/small", "text");
    write_file(source + "/large", pattern(5'000'000));
    ASSERT_EQ(::symlink("small", (source + "/link").c_str()), 0);
    ASSERT_EQ(::mkfifo((source + "/fifo").c_str(), 0600), 0);
    ASSERT_EQ(::chmod((source + "/small").c_str(), 0604), 0);
    ASSERT_EQ(set(source + "/small", "user.PatientID", "12345"), 0);
    ASSERT_EQ(set(source + "/small", "user.raw", std::string_view("\0\xff", 2)), 0);
    ASSERT_EQ(shell("cp -a '" + source + "' '" + copy + "'"), 0);
    EXPECT_EQ(shell("diff -r --no-dereference --exclude=fifo '" + source + "' '" + copy + "'"), 0);
    EXPECT_EQ(get(copy + "/small", "user.PatientID"), "12345");
    EXPECT_EQ(get(copy + "/small", "user.raw"), std::string("\0\xff", 2));
    EXPECT_EQ(stat_of(copy + "/small").st_mode, stat_of(source + "/small").st_mode);
    EXPECT_EQ(stat_of(copy).st_mode, stat_of(source).st_mode);
    EXPECT_EQ(stat_of(copy + "/small").st_mtim.tv_nsec, stat_of(source + "/small").st_mtim.tv_nsec);
    EXPECT_EQ(shell("rm -r '" + source + "' '" + copy + "'"), 0);
    EXPECT_EQ(names_in(path("")), "query");
}

TEST_F(MountTest, ReadsAndWritesOfEveryKindAgree) {
    start();
    const std::string bytes = pattern(3'000'000);
    write_file(path("f"), bytes);
    EXPECT_EQ(read_file(path("f")), bytes);
    {
        const Fd append(path("f"), O_WRONLY | O_APPEND);
        ASSERT_EQ(::write(append, "end", 3), 3);
    }
    EXPECT_EQ(read_file(path("f")), bytes + "end");
    {
        const Fd file(path("f"), O_RDWR);
        void* map = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        ASSERT_NE(map, MAP_FAILED);
        std::memcpy(map, "mapped", 6);
        ASSERT_EQ(::msync(map, 4096, MS_SYNC), 0);
        ::munmap(map, 4096);
        EXPECT_EQ(::fsync(file), 0);
    }
    EXPECT_EQ(read_file(path("f")).substr(0, 10), "mapped" + bytes.substr(6, 4));
    { const Fd emptied(path("f"), O_WRONLY | O_TRUNC); }
    EXPECT_EQ(stat_of(path("f")).st_size, 0);
    EXPECT_EQ(read_file(path("f")), "");
}

TEST_F(MountTest, AFileThatIsOpenForWritingShowsItsSizeToEveryone) {
    start();
    const Fd writer(path("f"), O_CREAT | O_RDWR);
    ASSERT_EQ(::write(writer, "12345", 5), 5);
    EXPECT_EQ(stat_of(path("f")).st_size, 5);
    EXPECT_EQ(read_file(path("f")), "12345");
    ASSERT_EQ(::unlink(path("f").c_str()), 0);
    struct stat st {};
    ASSERT_EQ(::fstat(writer, &st), 0);
    EXPECT_EQ(st.st_nlink, 0u);
    EXPECT_EQ(st.st_size, 5);
    std::array<char, 10> buffer;
    EXPECT_EQ(::pread(writer, buffer.data(), buffer.size(), 0), 5);
}

TEST_F(MountTest, BytesThatAnotherWayChangedAreReadAtTheNextOpen) {
    start();
    const std::string bytes = pattern(300'000);
    write_file(path("f"), bytes);
    const NodeId node = volume->lookup(kRootNode, "f")->node;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(read_file(path("f")), bytes);
    const auto other = volume->open(node, {OpenMode::write, false}).value();
    ASSERT_TRUE(other->write(200'000, std::as_bytes(std::span("other", 5))));
    ASSERT_TRUE(other->commit(Durability::none));
    EXPECT_EQ(read_file(path("f")).substr(200'000, 5), "other");
    write_file(path("f"), bytes);
    EXPECT_EQ(read_file(path("f")), bytes) << "and what this mount wrote";
}

TEST_F(MountTest, HugeSparseFilesWork) {
    start();
    const Fd file(path("huge"), O_CREAT | O_RDWR);
    ASSERT_EQ(::ftruncate(file, INT64_MAX), 0);
    EXPECT_EQ(stat_of(path("huge")).st_size, INT64_MAX);
    ASSERT_EQ(::pwrite(file, "far", 3, std::int64_t{1} << 62), 3);
    std::array<char, 3> buffer;
    ASSERT_EQ(::pread(file, buffer.data(), 3, std::int64_t{1} << 62), 3);
    EXPECT_EQ(std::string(buffer.data(), 3), "far");
    EXPECT_EQ(::lseek(file, 0, SEEK_HOLE), 0);
    EXPECT_EQ(::lseek(file, std::int64_t{1} << 62, SEEK_DATA), std::int64_t{1} << 62);
    EXPECT_EQ(::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, std::int64_t{1} << 62, 65536), 0);
    ASSERT_EQ(::pread(file, buffer.data(), 3, std::int64_t{1} << 62), 3);
    EXPECT_EQ(std::string(buffer.data(), 3), std::string(3, '\0'));
}

TEST_F(MountTest, RenameHasTheErrorsOfTheKernel) {
    start();
    write_file(path("a"), "A");
    write_file(path("b"), "B");
    ASSERT_EQ(::mkdir(path("d").c_str(), 0755), 0);
    const auto rename2 = [&](const char* from, const char* to, unsigned flags) {
        return ::renameat2(AT_FDCWD, path(from).c_str(), AT_FDCWD, path(to).c_str(), flags) == 0 ? 0 : errno;
    };
    EXPECT_EQ(rename2("a", "b", RENAME_NOREPLACE), EEXIST);
    EXPECT_EQ(rename2("a", "d", 0), EISDIR);
    EXPECT_EQ(rename2("d", "a", 0), ENOTDIR);
    EXPECT_EQ(rename2("d", "d/x", 0), EINVAL);
    EXPECT_EQ(rename2("a", "b", RENAME_EXCHANGE), 0);
    EXPECT_EQ(read_file(path("a")) + read_file(path("b")), "BA");
    EXPECT_EQ(rename2("a", "d/c", 0), 0);
    EXPECT_EQ(rename2("a", "query/a=1/x", 0), ENOENT);
    EXPECT_EQ(rename2("b", "query/a=1/x", 0), EROFS);
    EXPECT_EQ(names_in(path("")), "b d query");
    EXPECT_EQ(names_in(path("d")), "c");
}

TEST_F(MountTest, ExtendedAttributesHaveTheErrorsOfTheKernel) {
    start();
    write_file(path("f"), "x");
    EXPECT_EQ(get(path("f"), "user.a"), "[" + std::to_string(ENODATA) + "]");
    EXPECT_EQ(set(path("f"), "user.a", "1", XATTR_REPLACE), ENODATA);
    EXPECT_EQ(set(path("f"), "user.a", "1", XATTR_CREATE), 0);
    EXPECT_EQ(set(path("f"), "user.a", "1", XATTR_CREATE), EEXIST);
    EXPECT_EQ(set(path("f"), "user.big", std::string(65536, 'x')), 0);
    EXPECT_EQ(set(path("f"), "user.big", std::string(65537, 'x')), E2BIG);
    EXPECT_EQ(set(path("f"), ("user." + std::string(251, 'n')).c_str(), "x"), ERANGE);
    std::array<char, 2> small;
    EXPECT_EQ(::getxattr(path("f").c_str(), "user.big", small.data(), small.size()), -1);
    EXPECT_EQ(errno, ERANGE);
    EXPECT_EQ(::getxattr(path("f").c_str(), "user.big", nullptr, 0), 65536);
    EXPECT_EQ(::listxattr(path("f").c_str(), nullptr, 0), 7 + 9);
    EXPECT_EQ(set(path("f"), "user.asterope.json", "{\"b\":2}"), 0);
    EXPECT_EQ(get(path("f"), "user.b"), "2");
    EXPECT_EQ(set(path("f"), "user.asterope.json", "{"), EINVAL);
    EXPECT_EQ(::removexattr(path("f").c_str(), "user.b"), 0);
    EXPECT_EQ(::removexattr(path("f").c_str(), "user.b"), -1);
    EXPECT_EQ(errno, ENODATA);
}

TEST_F(MountTest, QueriesAreDirectories) {
    start();
    ASSERT_EQ(::mkdir(path("study").c_str(), 0755), 0);
    write_file(path("study/ct.dcm"), "CT image");
    write_file(path("mr.dcm"), "MR image");
    ASSERT_EQ(set(path("study/ct.dcm"), "user.Modality", "CT"), 0);
    ASSERT_EQ(set(path("mr.dcm"), "user.Modality", "MR"), 0);
    EXPECT_EQ(names_in(path("query")), "README");
    EXPECT_EQ(names_in(path("query/Modality=CT")), "study%2Fct.dcm");
    const std::string result = path("query/Modality=CT/study%2Fct.dcm");
    EXPECT_EQ(read_file(result), "CT image");
    EXPECT_EQ(stat_of(result).st_ino, stat_of(path("study/ct.dcm")).st_ino);
    EXPECT_EQ(read_file(path("query/Modality=CT/.count")), "1\n");
    EXPECT_EQ(get(path("query/Modality=CT"), "user.asterope.count"), "1");
    EXPECT_EQ(read_file(path("query/Modality=CT/.paths0")), path("study/ct.dcm") + std::string(1, '\0'));
    EXPECT_EQ(set(result, "user.Modality", "MR"), 0) << "through the result, on the file";
    EXPECT_EQ(names_in(path("query/Modality=CT")), "");
    EXPECT_EQ(names_in(path("query/Modality=MR")), "mr.dcm study%2Fct.dcm");
    EXPECT_EQ(::mkdir(path("query/Modality=MR/x").c_str(), 0755), -1);
    EXPECT_EQ(errno, EROFS);
    EXPECT_EQ(::unlink(path("query/Modality=MR/mr.dcm").c_str()), -1);
    EXPECT_EQ(errno, EROFS);
    EXPECT_EQ(::open(path("query/Modality=MR/new").c_str(), O_CREAT | O_WRONLY, 0644), -1);
    EXPECT_EQ(errno, EROFS);
    EXPECT_EQ(shell("cp -r '" + path("query/Modality=MR") + "' '" + path("review") + "'"), 0);
    EXPECT_EQ(names_in(path("review")), "mr.dcm study%2Fct.dcm");
}

TEST_F(MountTest, ARefusedQueryTellsWhy) {
    start();
    EXPECT_EQ(::access(path("query/a >= ").c_str(), F_OK), -1);
    EXPECT_EQ(errno, ENOENT);
    EXPECT_NE(get(path("query"), "user.asterope.error").find("a >="), std::string::npos);
}

TEST_F(MountTest, SavedQueriesAreMadeByAnyoneAndRemovedByTheirOwner) {
    start();
    write_file(path("f"), "x");
    ASSERT_EQ(set(path("f"), "user.a", "1"), 0);
    const std::string entry = path("query/@saved/mine");
    EXPECT_EQ(
        in_child(
            1000,
            [&] { return ::mkdir(entry.c_str(), 0755) == 0 ? set(entry, "user.query", "a = 1") : errno; }),
        0);
    EXPECT_EQ(names_in(path("query")), "README mine");
    EXPECT_EQ(names_in(path("query/mine")), "f");
    EXPECT_EQ(set(entry, "user.query", "a = "), EINVAL);
    EXPECT_EQ(in_child(1001, [&] { return ::rmdir(entry.c_str()) == 0 ? 0 : errno; }), EPERM);
    EXPECT_EQ(in_child(1000, [&] { return ::rmdir(entry.c_str()) == 0 ? 0 : errno; }), 0);
    EXPECT_EQ(names_in(path("query")), "README");
}

TEST_F(MountTest, AResultThatOneUserOpenedIsNotOpenToAnother) {
    start();
    ASSERT_EQ(::mkdir(path("private").c_str(), 0700), 0);
    write_file(path("private/f"), "secret");
    ASSERT_EQ(::chmod(path("private/f").c_str(), 0644), 0);
    ASSERT_EQ(set(path("private/f"), "user.a", "1"), 0);
    const std::string result = path("query/a=1/private%2Ff");
    EXPECT_EQ(read_file(result), "secret");
    const auto try_it = [&] { return ::open(result.c_str(), O_RDONLY) < 0 ? errno : 0; };
    EXPECT_EQ(in_child(1000, try_it), EACCES);
    EXPECT_EQ(in_child(0, try_it), 0);
    EXPECT_EQ(in_child(1000, [&] { return names_in(path("query/a=1")).empty() ? 0 : 1; }), 0);
}

TEST_F(MountTest, WrittenProgramsLoseTheirSuid) {
    start();
    write_file(path("p"), "x");
    const auto prepare = [&] { return ::chmod(path("p").c_str(), 04777); };
    ASSERT_EQ(prepare(), 0);
    const auto write_it = [&](int flags) {
        const Fd file(path("p"), O_WRONLY | flags);
        return ::write(file, "y", 1) == 1 ? 0 : 1;
    };
    EXPECT_EQ(in_child(1000, [&] { return write_it(0); }), 0);
    EXPECT_EQ(stat_of(path("p")).st_mode & 07777, 0777u);
    ASSERT_EQ(prepare(), 0);
    EXPECT_EQ(in_child(1000, [&] { return write_it(O_TRUNC); }), 0);
    EXPECT_EQ(stat_of(path("p")).st_mode & 07777, 0777u);
}

TEST_F(MountTest, WhoMayKeepSuidKeepsItAndAnyWriterTakesFileCapabilities) {
    start();
    write_file(path("p"), "x");
    // Revision 2, effective, permitted: CAP_NET_RAW.
    const std::string capability("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
    ASSERT_EQ(::chmod(path("p").c_str(), 06777), 0);
    ASSERT_EQ(set(path("p"), "security.capability", capability), 0);
    const Fd file(path("p"), O_WRONLY);
    ASSERT_EQ(::write(file, "y", 1), 1);
    EXPECT_EQ(stat_of(path("p")).st_mode & 07777, 06777u) << "written with CAP_FSETID";
    EXPECT_EQ(get(path("p"), "security.capability"), "[61]");
    const auto write_as_user = [&] { return in_child(1000, [&] { return ::write(file, "z", 1) == 1 ? 0 : 1; }); };
    EXPECT_EQ(write_as_user(), 0);
    EXPECT_EQ(stat_of(path("p")).st_mode & 07777, 0777u);
    ASSERT_EQ(::chmod(path("p").c_str(), 04777), 0);
    ASSERT_EQ(set(path("p"), "security.capability", capability), 0);
    EXPECT_EQ(write_as_user(), 0);
    EXPECT_EQ(stat_of(path("p")).st_mode & 07777, 0777u) << "given again while it was open";
    EXPECT_EQ(get(path("p"), "security.capability"), "[61]");
    ASSERT_EQ(::chmod(path("p").c_str(), 04777), 0);
    EXPECT_EQ(in_child(1000, [&] { return ::truncate(path("p").c_str(), 1); }), 0);
    EXPECT_EQ(stat_of(path("p")).st_mode & 07777, 0777u) << "truncated";
}

TEST_F(MountTest, ADirectoryOfThousandsIsEmptiedWhileItIsRead) {
    start();
    ASSERT_EQ(::mkdir(path("d").c_str(), 0755), 0);
    for (int i = 0; i < 3000; ++i) {
        const Fd file(path("d/a-file-with-a-name-" + std::to_string(i)), O_CREAT | O_WRONLY);
        ASSERT_GE(file.fd, 0);
    }
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path("d"))) {
        ++seen;
        ASSERT_EQ(::unlink(entry.path().c_str()), 0);
    }
    EXPECT_EQ(seen, 3000u);
    EXPECT_EQ(::rmdir(path("d").c_str()), 0);
}

TEST_F(MountTest, LocksAreKeptByTheKernelAndUnknownIoctlsRefused) {
    start();
    const Fd one(path("f"), O_CREAT | O_RDWR), two(path("f"), O_RDWR);
    EXPECT_EQ(::flock(one, LOCK_EX | LOCK_NB), 0);
    EXPECT_EQ(::flock(two, LOCK_EX | LOCK_NB), -1);
    EXPECT_EQ(errno, EWOULDBLOCK);
    struct flock range {};
    range.l_type = F_WRLCK;
    EXPECT_EQ(::fcntl(one, F_SETLK, &range), 0);
    EXPECT_EQ(in_child(0,
                       [&] {
                           const Fd other(path("f"), O_RDWR);
                           struct flock wanted {};
                           wanted.l_type = F_WRLCK;
                           return ::fcntl(other, F_SETLK, &wanted) == 0 ? 0 : errno;
                       }),
              EAGAIN);
    long flags = 0;
    EXPECT_EQ(::ioctl(one, FS_IOC_GETFLAGS, &flags), -1);
    EXPECT_EQ(errno, ENOTTY);
}

TEST_F(MountTest, StoppingWithAnOpenFileEndsAtOnce) {
    start();
    const Fd file(path("f"), O_CREAT | O_RDWR);
    ASSERT_EQ(::write(file, "x", 1), 1);
    EXPECT_TRUE(stop());
    EXPECT_EQ(::write(file, "y", 1), -1);
    EXPECT_EQ(volume->open_count(), 0u);
    EXPECT_EQ(volume->lookup(kRootNode, "f")->size, 1u);
}

TEST_F(MountTest, TheQueryTreeCanBeAMountOfItsOwn) {
    const auto file = volume->create(kRootNode, "f", {.type = NodeType::file, .document = {{"a", "1"}}});
    ASSERT_TRUE(file);
    start({.filesystem = {.query_only = true}});
    EXPECT_EQ(names_in(path("")), "README");
    EXPECT_EQ(names_in(path("a=1")), "f");
    EXPECT_EQ(read_file(path("a=1/.count")), "1\n");
    EXPECT_EQ(stat_of(path("a=1/f")).st_ino, raw(file->node));
    EXPECT_EQ(::mkdir(path("a=1/x").c_str(), 0755), -1);
    EXPECT_EQ(errno, EROFS);
}

TEST_F(MountTest, TheRequestsOfTheKernelAreCounted) {
    start({.filesystem = {.cache_seconds = 1000}});
    write_file(path("f"), "text");
    const auto asked = [&](const std::string& request) {
        const std::string counts = "\n" + get(path(""), "user.asterope.requests");
        return std::stoull(counts.substr(counts.find("\n" + request + " ") + request.size() + 1));
    };
    const auto opens = asked("open"), lookups = asked("lookup"), attributes = asked("getattr");
    for (int i = 0; i < 10; ++i) (void)stat_of(path("f"));
    EXPECT_EQ(asked("lookup"), lookups) << "the kernel knows the name";
    EXPECT_LE(asked("getattr"), attributes + 1) << "and, after one question, the attributes";
    for (int i = 0; i < 10; ++i) EXPECT_EQ(read_file(path("f")), "text");
    EXPECT_EQ(asked("open"), opens + 10);
    EXPECT_EQ(asked("rename"), 0u);
    const auto written = asked("write"), attributes_read = asked("getxattr");
    const Fd file(path("f"), O_WRONLY);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(::pwrite(file, "text", 4, i * 4096), 4);
    EXPECT_EQ(asked("write"), written + 10);
    EXPECT_EQ(asked("getxattr"), attributes_read + 2 + 1) << "two of this test, and one for the file's capabilities, not one for each write";
}

TEST_F(MountTest, UmountEndsTheLoop) {
    start();
    ASSERT_EQ(::umount2(directory_.c_str(), 0), 0);
    EXPECT_TRUE(stop());
}

TEST_F(MountTest, SaysWhatIsWrongWithAMountPoint) {
    const auto error_at = [&](const std::string& place) {
        auto mounted = mount(*volume, place, {});
        return mounted ? std::string("mounted") : mounted.error().text();
    };
    EXPECT_NE(error_at(path("none")).find("No such file or directory"), std::string::npos);
    write_file(path("file"), "x");
    EXPECT_NE(error_at(path("file")).find("is not a directory"), std::string::npos);
    EXPECT_NE(error_at(directory_).find("is not empty"), std::string::npos);
    ASSERT_EQ(::unlink(path("file").c_str()), 0);
    auto odd = mount(*volume, directory_, {.options = {"no_such_option=1"}});
    ASSERT_FALSE(odd);
    EXPECT_NE(odd.error().text().find("no_such_option"), std::string::npos) << odd.error().text();
}

}  // namespace asterope::fs

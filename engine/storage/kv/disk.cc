#include "engine/storage/kv/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>

namespace asterope::kv {
namespace {

std::atomic<const std::function<int(DiskCall)>*> fault_function{nullptr};

Status write_bytes(int fd, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(errno, "write");
        bytes.remove_prefix(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
    }
    return {};
}

}  // namespace

Status make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
    return fail_errno(errno, path);
}

Status sync_directory(const std::string& path) {
    const Descriptor fd = ASTEROPE_TRY(open_file(path, O_RDONLY | O_DIRECTORY));
    if (const int error = disk_fault(DiskCall::sync)) return fail_errno(error, path);
    if (::fsync(fd.get()) != 0) return fail_errno(errno, path);
    return {};
}

Status write_all(int fd, std::string_view bytes, std::uint64_t offset) {
    if (const int error = disk_fault(DiskCall::write)) {
        ASTEROPE_TRY_STATUS(write_bytes(fd, bytes.substr(0, bytes.size() / 2), offset));
        return fail_errno(error, "write");
    }
    return write_bytes(fd, bytes, offset);
}

Result<std::string> read_up_to(int fd, std::size_t bytes, std::uint64_t offset) {
    std::string buffer(bytes, '\0');
    std::size_t done = 0;
    while (done < bytes) {
        const ssize_t n = ::pread(fd, buffer.data() + done, bytes - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(errno, "read");
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    buffer.resize(done);
    return buffer;
}

Status sync_data(int fd) {
    if (const int error = disk_fault(DiskCall::sync)) return fail_errno(error, "fdatasync");
    if (::fdatasync(fd) != 0) return fail_errno(errno, "fdatasync");
    return {};
}

Status reserve(int fd, std::uint64_t offset, std::uint64_t bytes, Extend extend) {
    if (const int error = disk_fault(DiskCall::reserve)) return fail_errno(error, "fallocate");
    const int mode = extend == Extend::yes ? 0 : FALLOC_FL_KEEP_SIZE;
    int rc;
    do {
        rc = ::fallocate(fd, mode, static_cast<off_t>(offset), static_cast<off_t>(bytes));
    } while (rc != 0 && errno == EINTR);
    if (rc == 0) return {};
    if (errno != EOPNOTSUPP) return fail_errno(errno, "fallocate");
    if (extend == Extend::yes && ::ftruncate(fd, static_cast<off_t>(offset + bytes)) != 0)
        return fail_errno(errno, "ftruncate");
    return {};
}

int disk_fault(DiskCall call) {
    const auto* fault = fault_function.load(std::memory_order_acquire);
    return fault == nullptr ? 0 : (*fault)(call);
}

void set_disk_fault(std::function<int(DiskCall)> fault) {
    static std::unique_ptr<const std::function<int(DiskCall)>> owner;
    std::unique_ptr<const std::function<int(DiskCall)>> next;
    if (fault) next = std::make_unique<const std::function<int(DiskCall)>>(std::move(fault));
    fault_function.store(next.get(), std::memory_order_release);
    owner = std::move(next);
}

}  // namespace asterope::kv

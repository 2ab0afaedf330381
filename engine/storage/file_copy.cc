#include "engine/storage/file_copy.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "engine/storage/descriptor.h"
#include "engine/storage/file_status.h"

namespace asterope::storage {
namespace {

constexpr std::size_t kStepBytes = 16u << 20;
constexpr std::size_t kChunkBytes = 1u << 20;

/// Some filesystems cannot copy, or not to another one.
bool cannot_copy(int error) { return error == EXDEV || error == EOPNOTSUPP || error == EINVAL || error == ENOSYS; }

/// Copies up to `bytes` at `offset` by hand; returns how many there were.
Result<std::size_t> copy_chunk(int from, int to, std::uint64_t offset, std::size_t bytes) {
    std::vector<std::byte> chunk(std::min(bytes, kChunkBytes));
    const std::size_t n = ASTEROPE_TRY(read_at(from, offset, chunk));
    ASTEROPE_TRY_STATUS(write_at(to, offset, std::span(chunk).first(n)));
    return n;
}

Result<std::size_t> copy_step(int from, int to, std::uint64_t offset, std::size_t bytes) {
    for (;;) {
        off_t in = static_cast<off_t>(offset), out = in;
        const ssize_t n = ::copy_file_range(from, &in, to, &out, std::min(bytes, kStepBytes), 0);
        if (n >= 0) return static_cast<std::size_t>(n);
        if (cannot_copy(errno)) return copy_chunk(from, to, offset, bytes);
        if (errno != EINTR) return fail_errno(errno, "copying a blob");
    }
}

}  // namespace

Status copy_file(int from, int to, const std::function<void(std::uint64_t)>& copied) {
    const off_t size = static_cast<off_t>(ASTEROPE_TRY(status_of(from)).size);
    off_t reported = 0;
    const auto report = [&](off_t done) {
        if (copied) copied(static_cast<std::uint64_t>(done - std::exchange(reported, done)));
    };
    if (::ioctl(to, FICLONE, from) == 0) {
        report(size);
        return {};
    }
    for (off_t at = 0, hole = 0; at < size; report(at)) {
        if (at == hole) {
            at = ::lseek(from, hole, SEEK_DATA);
            if (at < 0 && errno == ENXIO) break;  // nothing but a hole up to the end
            if (at < 0) return fail_errno(errno, "copying a blob");
            hole = ::lseek(from, at, SEEK_HOLE);
            if (hole < 0) return fail_errno(errno, "copying a blob");
        }
        const auto bytes = ASTEROPE_TRY(
            copy_step(from, to, static_cast<std::uint64_t>(at), static_cast<std::size_t>(hole - at)));
        if (bytes == 0) break;  // it became shorter meanwhile
        at += static_cast<off_t>(bytes);
    }
    if (::ftruncate(to, size) != 0) return fail_errno(errno, "copying a blob");
    report(size);
    return {};
}

}  // namespace asterope::storage

#include "engine/storage/file_copy.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/storage/file_status.h"

namespace asterope::storage {
namespace {

constexpr std::size_t kStepBytes = 64u << 20;

Status copy_range(int from, int to, off_t begin, off_t end) {
    off_t in = begin, out = begin;
    while (in < end) {
        const auto step = std::min<std::size_t>(static_cast<std::size_t>(end - in), kStepBytes);
        const ssize_t n = ::copy_file_range(from, &in, to, &out, step, 0);
        if (n < 0 && errno != EINTR) return fail_errno(errno, "copying a blob");
        if (n == 0) break;  // it became shorter meanwhile
    }
    return {};
}

}  // namespace

Status copy_file(int from, int to) {
    if (::ioctl(to, FICLONE, from) == 0) return {};
    const off_t size = static_cast<off_t>(ASTEROPE_TRY(status_of(from)).size);
    for (off_t at = 0; at < size;) {
        const off_t data = ::lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO) break;  // nothing but a hole up to the end
        if (data < 0) return fail_errno(errno, "copying a blob");
        off_t hole = ::lseek(from, data, SEEK_HOLE);
        if (hole < 0) return fail_errno(errno, "copying a blob");
        ASTEROPE_TRY_STATUS(copy_range(from, to, data, hole));
        at = hole;
    }
    if (::ftruncate(to, size) != 0) return fail_errno(errno, "copying a blob");
    return {};
}

}  // namespace asterope::storage

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/core/result.h"

namespace asterope {
namespace {

struct Row {
    Errc code;
    int sys_errno;
    const char* name;
    const char* text;
};

// One row a code, in the order of the enumeration; the test of this table goes over every code.
constexpr std::array<Row, kErrcCount> kRows{{
    {Errc::not_found, ENOENT, "not_found", "no such key or store"},
    {Errc::exists, EEXIST, "exists", "already exists"},
    {Errc::not_dir, ENOTDIR, "not_dir", "not a directory"},
    {Errc::is_dir, EISDIR, "is_dir", "is a directory"},
    {Errc::not_empty, ENOTEMPTY, "not_empty", "directory is not empty"},
    {Errc::invalid, EINVAL, "invalid", "invalid argument"},
    {Errc::name_too_long, ENAMETOOLONG, "name_too_long", "name is too long"},
    {Errc::value_too_large, E2BIG, "value_too_large", "value is too large"},
    {Errc::buffer_too_small, ERANGE, "buffer_too_small", "buffer is too small"},
    {Errc::no_attribute, ENODATA, "no_attribute", "no such attribute or field"},
    {Errc::no_space, ENOSPC, "no_space", "no space left"},
    {Errc::file_too_large, EFBIG, "file_too_large", "file is too large"},
    {Errc::permission, EACCES, "permission", "permission denied"},
    {Errc::not_permitted, EPERM, "not_permitted", "operation not permitted"},
    {Errc::read_only, EROFS, "read_only", "read-only"},
    {Errc::busy, EBUSY, "busy", "in use"},
    {Errc::conflict, EAGAIN, "conflict", "conflict with a concurrent change; run it again"},
    {Errc::cross_device, EXDEV, "cross_device", "crosses a boundary that cannot be crossed"},
    {Errc::too_many_links, EMLINK, "too_many_links", "too many links"},
    {Errc::loop, ELOOP, "loop", "too many symbolic links"},
    {Errc::unsupported, EOPNOTSUPP, "unsupported", "not supported"},
    {Errc::bad_handle, EBADF, "bad_handle", "not open for that"},
    {Errc::stale, ESTALE, "stale", "no longer there"},
    {Errc::interrupted, EINTR, "interrupted", "interrupted"},
    {Errc::limit, EUSERS, "limit", "a limit was reached"},
    {Errc::parse, EINVAL, "parse", "malformed input"},
    {Errc::format, EINVAL, "format", "not a store of this version"},
    {Errc::corrupt, EIO, "corrupt", "damaged data"},
    {Errc::io, EIO, "io", "input/output error"},
    {Errc::unavailable, ENOTCONN, "unavailable", "does not answer"},
}};

constexpr bool rows_in_order() {
    for (std::size_t i = 0; i < kRows.size(); ++i)
        if (static_cast<std::size_t>(kRows[i].code) != i) return false;
    return true;
}
static_assert(rows_in_order());

const Row& row(Errc code) { return kRows[static_cast<std::size_t>(code)]; }

}  // namespace

int errno_of(Errc code) { return row(code).sys_errno; }
std::string_view name_of(Errc code) { return row(code).name; }

Errc errc_of(int sys_errno) {
    if (sys_errno == EDQUOT) return Errc::no_space;
    if (sys_errno == EINVAL) return Errc::invalid;
    if (sys_errno == EIO) return Errc::io;
    for (const Row& candidate : kRows)
        if (candidate.sys_errno == sys_errno) return candidate.code;
    return Errc::io;
}

std::string Error::text() const {
    if (!message.empty()) return message;
    return sys_errno != 0 ? std::strerror(sys_errno) : row(code).text;
}

Error system_error(int sys_errno, std::string_view what) {
    return Error{errc_of(sys_errno), std::string(what) + ": " + std::strerror(sys_errno), sys_errno};
}

void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
    std::abort();
}

}  // namespace asterope

#include "fs/fuse/device.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <vector>

#include "fs/fuse/lowlevel.h"
#include "fs/fuse/served.h"

namespace asterope::fs::fuse {
namespace {

// Of a newer linux/fuse.h than Debian 12 has.
constexpr std::uint64_t kPassthrough = std::uint64_t{1} << 37;  // FUSE_PASSTHROUGH
constexpr std::uint32_t kOpenPassthrough = 1u << 7;             // FOPEN_PASSTHROUGH
struct BackingMap {                                             // fuse_backing_map
    std::int32_t fd;
    std::uint32_t flags;
    std::uint64_t padding;
};
constexpr unsigned long kBackingOpen = _IOW(229, 1, BackingMap);     // FUSE_DEV_IOC_BACKING_OPEN
constexpr unsigned long kBackingClose = _IOW(229, 2, std::uint32_t);  // FUSE_DEV_IOC_BACKING_CLOSE

thread_local std::optional<bool> kills_suid;
thread_local std::optional<std::uint32_t> next_backing_id;

/// Flags are 64 bits in two words; the upper ones count if FUSE_INIT_EXT is among the lower.
std::uint64_t flags_of(const fuse_init_in& in) {
    return in.flags | ((in.flags & FUSE_INIT_EXT) != 0 ? std::uint64_t{in.flags2} << 32 : 0);
}

/// The body of a request that was read.
template <class Body>
std::optional<Body> body_of(const std::byte* request, std::size_t size) {
    if (size < sizeof(fuse_in_header) + sizeof(Body)) return std::nullopt;
    Body body;
    std::memcpy(&body, request + sizeof(fuse_in_header), sizeof body);
    return body;
}

template <class Body>
std::optional<bool> flag_of(const std::byte* request, std::size_t size, std::uint32_t Body::*flags, std::uint32_t flag) {
    const auto body = body_of<Body>(request, size);
    return body ? std::optional((*body.*flags & flag) != 0) : std::nullopt;
}

std::optional<bool> flag_of_suid(std::uint32_t opcode, const std::byte* request, std::size_t size) {
    switch (opcode) {
        case FUSE_WRITE: return flag_of(request, size, &fuse_write_in::write_flags, FUSE_WRITE_KILL_SUIDGID);
        case FUSE_SETATTR: return flag_of(request, size, &fuse_setattr_in::valid, FATTR_KILL_SUIDGID);
        case FUSE_OPEN: return flag_of(request, size, &fuse_open_in::open_flags, FUSE_OPEN_KILL_SUIDGID);
        case FUSE_CREATE: return flag_of(request, size, &fuse_create_in::open_flags, FUSE_OPEN_KILL_SUIDGID);
        default: return std::nullopt;
    }
}

ssize_t read_request(int fd, void* buffer, std::size_t size, void* served) {
    const ssize_t got = ::read(fd, buffer, size);
    fuse_in_header header;
    if (got < static_cast<ssize_t>(sizeof header)) return got;
    const auto* const request = static_cast<const std::byte*>(buffer);
    std::memcpy(&header, request, sizeof header);
    kills_suid = flag_of_suid(header.opcode, request, static_cast<std::size_t>(got));
    if (header.opcode == FUSE_INIT) {
        auto& [filesystem, service, handshake] = *static_cast<Served*>(served);
        handshake.offered = flags_of(body_of<fuse_init_in>(request, static_cast<std::size_t>(got)).value_or(fuse_init_in{}));
        if (!service.passthrough) handshake.offered &= ~kPassthrough;
        handshake.request = header.unique;
    }
    return got;
}

/// The reply to INIT, asking for more.
ssize_t write_init(int fd, const Handshake& handshake, const iovec* parts, int count) {
    std::vector<std::byte> reply;
    for (int i = 0; i < count; ++i) {
        const auto* const bytes = static_cast<const std::byte*>(parts[i].iov_base);
        reply.insert(reply.end(), bytes, bytes + parts[i].iov_len);
    }
    if (reply.size() >= sizeof(fuse_out_header) + sizeof(fuse_init_out)) {
        std::byte* const body = reply.data() + sizeof(fuse_out_header);
        fuse_init_out out;
        std::memcpy(&out, body, sizeof out);
        out.flags |= static_cast<std::uint32_t>(handshake.offered) & FUSE_HANDLE_KILLPRIV_V2;
        if (offers_passthrough(handshake)) {
            out.flags |= FUSE_INIT_EXT;
            out.flags2 |= kPassthrough >> 32;
            out.unused[0] = 1;  // max_stack_depth: on a filesystem that is not itself stacked on another
        }
        std::memcpy(body, &out, sizeof out);
    }
    return ::write(fd, reply.data(), reply.size());
}

/// fuse_open_out is the end of the replies to OPEN and CREATE.
void name_backing_file(const iovec& last, std::uint32_t backing_id) {
    if (last.iov_len < sizeof(fuse_open_out)) return;
    std::byte* const body = static_cast<std::byte*>(last.iov_base) + last.iov_len - sizeof(fuse_open_out);
    fuse_open_out out;
    std::memcpy(&out, body, sizeof out);
    out.open_flags |= kOpenPassthrough;
    out.padding = backing_id;  // its newer name
    std::memcpy(body, &out, sizeof out);
}

ssize_t write_reply(int fd, iovec* parts, int count, void* served) {
    if (next_backing_id && count > 1) name_backing_file(parts[count - 1], *next_backing_id);
    next_backing_id.reset();
    const Handshake& handshake = static_cast<Served*>(served)->handshake;
    if (handshake.request != 0 && parts[0].iov_len >= sizeof(fuse_out_header)) {
        fuse_out_header header;
        std::memcpy(&header, parts[0].iov_base, sizeof header);
        if (header.unique == handshake.request) return write_init(fd, handshake, parts, count);
    }
    return ::writev(fd, parts, count);
}

ssize_t splice_reply(int from, off_t* from_offset, int to, off_t* to_offset, std::size_t size, unsigned flags, void*) {
    return ::splice(from, from_offset, to, to_offset, size, flags);
}

}  // namespace

Status sit_before_device(fuse_session* session) {
    fuse_custom_io io{};
    io.read = read_request;
    io.writev = write_reply;
    io.splice_send = splice_reply;
    if (const int failed = fuse_session_custom_io(session, &io, fuse_session_fd(session))) return fail_errno(-failed, "libfuse");
    return {};
}

std::optional<bool> request_kills_suid() {
    return kills_suid;
}

bool offers_passthrough(const Handshake& handshake) {
    return (handshake.offered & kPassthrough) != 0;
}

Result<std::uint32_t> register_file(int device, int fd) {
    const BackingMap map{fd, 0, 0};
    const int id = ::ioctl(device, kBackingOpen, &map);
    if (id <= 0) return fail_errno(errno, "registering a backing file");
    return static_cast<std::uint32_t>(id);
}

void forget_file(int device, std::uint32_t backing_id) {
    ::ioctl(device, kBackingClose, &backing_id);
}

void pass_through_next_open(std::uint32_t backing_id) {
    next_backing_id = backing_id;
}

}  // namespace asterope::fs::fuse

#include "fs/fuse/device.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <vector>

#include "fs/fuse/lowlevel.h"
#include "fs/fuse/served.h"

namespace asterope::fs::fuse {
namespace {

thread_local std::optional<bool> kills_suid;

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
        Handshake& handshake = static_cast<Served*>(served)->handshake;
        handshake.request = header.unique;
        handshake.offered = body_of<fuse_init_in>(request, static_cast<std::size_t>(got)).value_or(fuse_init_in{}).flags;
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
        out.flags |= handshake.offered & FUSE_HANDLE_KILLPRIV_V2;
        std::memcpy(body, &out, sizeof out);
    }
    return ::write(fd, reply.data(), reply.size());
}

ssize_t write_reply(int fd, iovec* parts, int count, void* served) {
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

}  // namespace asterope::fs::fuse

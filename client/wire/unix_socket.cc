#include "client/wire/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "client/wire/limits.h"

namespace asterope::wire {
namespace {

constexpr std::size_t kHeaderBytes = 4;

Status broken(std::string_view what) {
    if (errno == EPIPE || errno == ECONNRESET) return fail(Errc::unavailable, "the connection was lost");
    if (errno == EAGAIN) return fail(Errc::unavailable, "the other process does not answer");
    Error error = system_error(errno, what);
    error.code = Errc::unavailable;
    return Unexpected(std::move(error));
}

/// Fills `buffer`; fewer bytes only at the end of the stream.
Result<std::size_t> receive_all(int fd, char* buffer, std::size_t size) {
    std::size_t done = 0;
    while (done < size) {
        const ssize_t n = ::recv(fd, buffer + done, size - done, 0);
        if (n == 0) break;
        if (n > 0)
            done += static_cast<std::size_t>(n);
        else if (errno == ECONNRESET)
            break;
        else if (errno != EINTR)
            return Unexpected(std::move(broken("receiving").error()));
    }
    return done;
}

Status with_address(const std::string& path, const std::function<int(const sockaddr*, socklen_t)>& call) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string usable = path;
    Descriptor directory;
    if (path.size() >= sizeof address.sun_path) {
        // The kernel takes 107 bytes: name a longer directory by a descriptor of it.
        const std::size_t slash = path.rfind('/');
        if (slash == std::string::npos) return fail(Errc::name_too_long, path);
        directory = Descriptor(::open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!directory) return fail_errno(errno, path);
        usable = "/proc/self/fd/" + std::to_string(directory.get()) + path.substr(slash);
        if (usable.size() >= sizeof address.sun_path) return fail(Errc::name_too_long, path);
    }
    std::memcpy(address.sun_path, usable.c_str(), usable.size() + 1);
    if (call(reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
    if (errno == ECONNREFUSED || errno == EAGAIN) return fail(Errc::unavailable, path + ": nobody answers");
    return fail_errno(errno, path);
}

Result<Socket> new_socket() {
    Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return fail_errno(errno, "socket");
    return socket;
}

}  // namespace

void Socket::limit_waits(std::chrono::milliseconds wait) const {
    timeval limit{};
    limit.tv_sec = wait.count() / 1000;
    limit.tv_usec = wait.count() % 1000 * 1000;
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

void Socket::shut_down() const {
    ::shutdown(fd(), SHUT_RDWR);
}

Status Socket::send(std::string_view message) const {
    if (message.size() > limits::kMessageBytes) return fail(Errc::limit, "the message is too large to send");
    unsigned char header[kHeaderBytes];
    for (std::size_t i = 0; i < kHeaderBytes; ++i)
        header[i] = static_cast<unsigned char>(message.size() >> (8 * (kHeaderBytes - 1 - i)));
    iovec parts[2] = {{header, kHeaderBytes}, {const_cast<char*>(message.data()), message.size()}};
    msghdr envelope{};
    envelope.msg_iov = parts;
    envelope.msg_iovlen = 2;
    while (envelope.msg_iovlen > 0) {
        const ssize_t n = ::sendmsg(fd(), &envelope, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EINTR) continue;
            return broken("sending");
        }
        auto sent = static_cast<std::size_t>(n);
        while (envelope.msg_iovlen > 0 && sent >= envelope.msg_iov->iov_len) {
            sent -= envelope.msg_iov->iov_len;
            ++envelope.msg_iov;
            --envelope.msg_iovlen;
        }
        if (envelope.msg_iovlen == 0) break;
        envelope.msg_iov->iov_base = static_cast<char*>(envelope.msg_iov->iov_base) + sent;
        envelope.msg_iov->iov_len -= sent;
    }
    return {};
}

Result<std::optional<std::string>> Socket::receive() const {
    char header[kHeaderBytes];
    const std::size_t got = ASTEROPE_TRY(receive_all(fd(), header, kHeaderBytes));
    if (got == 0) return std::nullopt;
    if (got < kHeaderBytes) return fail(Errc::unavailable, "the connection was lost");
    std::size_t size = 0;
    for (const char byte : header) size = size << 8 | static_cast<unsigned char>(byte);
    if (size > limits::kMessageBytes) return fail(Errc::parse, "a message is too large");
    std::string message(size, '\0');
    if (ASTEROPE_TRY(receive_all(fd(), message.data(), size)) < size)
        return fail(Errc::unavailable, "the connection was lost");
    return message;
}

Result<Socket> connect_unix(const std::string& path, std::chrono::milliseconds wait) {
    Socket socket = ASTEROPE_TRY(new_socket());
    socket.limit_waits(wait);
    ASTEROPE_TRY_STATUS(with_address(path, [&](const sockaddr* address, socklen_t size) {
        int outcome = 0;
        do outcome = ::connect(socket.fd(), address, size);
        while (outcome != 0 && errno == EINTR);
        return outcome;
    }));
    return socket;
}

Result<Socket> listen_unix(const std::string& path, uid_t owner) {
    Socket socket = ASTEROPE_TRY(new_socket());
    // Before bind, so that the file never exists with another mode.
    if (::fchmod(socket.fd(), 0600) != 0) return fail_errno(errno, path);
    ASTEROPE_TRY_STATUS(with_address(
        path, [&](const sockaddr* address, socklen_t size) { return ::bind(socket.fd(), address, size); }));
    if (owner != ::geteuid() && ::lchown(path.c_str(), owner, static_cast<gid_t>(-1)) != 0 && errno != EPERM)
        return fail_errno(errno, path);
    if (::listen(socket.fd(), 64) != 0) return fail_errno(errno, path);
    return socket;
}

Result<Peer> peer_of(const Socket& socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket.fd(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return fail_errno(errno, "asking for the peer");
    return Peer{credentials.uid, credentials.pid};
}

}  // namespace asterope::wire

#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/descriptor.h"

namespace asterope::wire {

/// Owns a stream socket.
/// Threads: shut_down() from any; all else one at a time.
class Socket {
  public:
    Socket() = default;
    explicit Socket(int fd) : fd_(fd) {}

    int fd() const { return fd_.get(); }
    explicit operator bool() const { return static_cast<bool>(fd_); }
    /// Sending and receiving fail with unavailable after so long; 0: they wait.
    void limit_waits(std::chrono::milliseconds wait) const;
    /// Ends both directions: whoever waits for the socket goes on with its end.
    void shut_down() const;

    /// One message: four bytes of length, big-endian, and its bytes. Errors: limit (larger than kMessageBytes; nothing was sent) · unavailable
    Status send(std::string_view message) const;
    /// nullopt: the peer has ended the connection between messages.
    /// Errors: parse (a length beyond kMessageBytes) · unavailable (ended within a message)
    Result<std::optional<std::string>> receive() const;

  private:
    Descriptor fd_;
};

/// The socket's waits are limited by `wait`, as is the connecting.
/// Errors: not_found (no such socket) · unavailable (nobody listens) · permission · io
Result<Socket> connect_unix(const std::string& path, std::chrono::milliseconds wait = {});

/// Listens at `path`, which must not exist, with the mode 0600 and, if this process may, the owner `owner`.
/// Errors: io
Result<Socket> listen_unix(const std::string& path, uid_t owner);

/// Who is at the other end. Errors: io
struct Peer {
    uid_t uid = 0;
    pid_t pid = 0;
};
Result<Peer> peer_of(const Socket& socket);

}  // namespace asterope::wire

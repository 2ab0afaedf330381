#include "client/socket_transport.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "client/wire/messages.h"
#include "client/wire/unix_socket.h"

namespace asterope {
namespace {

/// Connections of one pace at the same time.
constexpr std::size_t kLaneConnections = 8;

/// The connections of one pace: idle ones, and the number of all.
struct Lane {
    std::vector<wire::Socket> idle;
    std::size_t count = 0;
};

class SocketTransport : public Transport {
  public:
    SocketTransport(std::string path, std::chrono::milliseconds answer_wait)
        : path_(std::move(path)), answer_wait_(answer_wait) {}

    /// The first connection, which begins the session and stays as long as it works: a stopped call ends its
    /// connection, and a session ends with its last one.
    Status connect() {
        lane(Pace::quick).idle.push_back(ASTEROPE_TRY(greet()));
        lane(Pace::quick).count = 1;
        return {};
    }

    Result<std::string> call(std::string_view request, Pace pace, const std::stop_token& stop) override {
        if (stop.stop_requested()) return fail(Errc::interrupted);
        wire::Socket socket = ASTEROPE_TRY(acquire(pace));
        auto reply = exchange(socket, request, stop);
        if (stop.stop_requested()) {
            release(pace, {});
            return fail(Errc::interrupted);
        }
        // A request that was too large to send has left the connection as it was.
        const bool usable = reply || reply.error().code == Errc::limit;
        release(pace, usable ? std::move(socket) : wire::Socket());
        return reply;
    }

  private:
    Lane& lane(Pace pace) { return lanes_[static_cast<std::size_t>(pace)]; }

    static Result<std::string> exchange(const wire::Socket& socket, std::string_view request,
                                        const std::stop_token& stop) {
        const std::stop_callback hang_up(stop, [&] { socket.shut_down(); });
        const Status sent = socket.send(request);
        if (!sent && sent.error().code == Errc::limit) return Unexpected(sent.error());
        // Even where sending failed: a server that turns a connection away says why before it closes it.
        auto reply = socket.receive();
        if (!reply) return Unexpected(std::move(reply.error()));
        if (!*reply) return fail(Errc::unavailable, "the process that had the store open has closed it");
        return std::move(**reply);
    }

    Result<wire::Socket> acquire(Pace pace) {
        std::unique_lock lock(mutex_);
        Lane& mine = lane(pace);
        freed_.wait(lock, [&] { return !mine.idle.empty() || mine.count < kLaneConnections; });
        if (!mine.idle.empty()) {
            wire::Socket socket = std::move(mine.idle.back());
            mine.idle.pop_back();
            return socket;
        }
        ++mine.count;
        lock.unlock();
        auto socket = greet();
        if (!socket) release(pace, {});
        return socket;
    }

    /// Gives a connection back; an empty one is a connection that is no more.
    void release(Pace pace, wire::Socket socket) {
        {
            const std::lock_guard lock(mutex_);
            if (socket)
                lane(pace).idle.push_back(std::move(socket));
            else
                --lane(pace).count;
        }
        freed_.notify_all();
    }

    /// A new connection, in this session if there is one yet.
    Result<wire::Socket> greet() {
        wire::Socket socket = ASTEROPE_TRY(wire::connect_unix(path_, answer_wait_));
        const std::string reply =
            ASTEROPE_TRY(exchange(socket, wire::encode_message(wire::Hello{.session = session_}), {}));
        auto welcome = wire::decode_reply<wire::Welcome>(reply);
        if (!welcome && welcome.error().code == Errc::stale)
            return fail(Errc::unavailable, "the process that had the store open has closed it");
        if (!welcome) return Unexpected(std::move(welcome.error()));
        if (session_.empty()) session_ = std::move(welcome->session);
        socket.limit_waits({});
        return socket;
    }

    const std::string path_;
    const std::chrono::milliseconds answer_wait_;
    std::string session_;  ///< written by connect() alone, before there are other threads
    std::mutex mutex_;
    std::condition_variable freed_;
    std::array<Lane, 2> lanes_;  ///< under mutex_
};

}  // namespace

Result<std::unique_ptr<Transport>> connect_socket(const std::string& path, std::chrono::milliseconds answer_wait) {
    auto transport = std::make_unique<SocketTransport>(path, answer_wait);
    ASTEROPE_TRY_STATUS(transport->connect());
    return transport;
}

}  // namespace asterope

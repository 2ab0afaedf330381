#include "daemon/socket_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <list>
#include <thread>
#include <vector>

#include "client/wire/unix_socket.h"

namespace asterope::daemon {
namespace {

struct Connection {
    wire::Socket socket;
    std::stop_source stop{};  ///< requested when the peer has gone or the server stops
    std::atomic<bool> done = false;
    std::thread thread{};

    explicit Connection(wire::Socket connected) : socket(std::move(connected)) {}
};

class Server : public SocketServer {
  public:
    Server(VolumeService& service, std::string path, uid_t owner, wire::Socket listener, wire::Socket wake)
        : service_(service), path_(std::move(path)), owner_(owner), listener_(std::move(listener)),
          wake_(std::move(wake)), acceptor_([this] { accept_until_stopped(); }) {}
    ~Server() override { stop(); }

    void stop() override {
        if (stopping_.exchange(true)) return;
        ::unlink(path_.c_str());
        wake_up();
        acceptor_.join();
    }

  private:
    void wake_up() const {
        const std::uint64_t one = 1;
        // Cannot fail: the counter is far from full, the descriptor ours.
        [[maybe_unused]] const ssize_t n = ::write(wake_.fd(), &one, sizeof one);
    }

    void accept_until_stopped() {
        while (!stopping_) {
            const auto hung_up = wait();
            for (Connection* connection : hung_up) connection->stop.request_stop();
            std::erase_if(connections_, [](auto& connection) {
                if (!connection.done) return false;
                connection.thread.join();
                return true;
            });
        }
        for (Connection& connection : connections_) {
            connection.stop.request_stop();
            connection.socket.shut_down();
        }
        for (Connection& connection : connections_) connection.thread.join();
        connections_.clear();
    }

    /// Waits for something to happen, accepts, and returns the connections whose peer has gone.
    std::vector<Connection*> wait() {
        std::vector<pollfd> polled{{listener_.fd(), POLLIN, 0}, {wake_.fd(), POLLIN, 0}};
        std::vector<Connection*> watched;
        for (Connection& connection : connections_) {
            if (connection.stop.stop_requested()) continue;
            polled.push_back({connection.socket.fd(), POLLRDHUP, 0});
            watched.push_back(&connection);
        }
        std::vector<Connection*> hung_up;
        if (::poll(polled.data(), polled.size(), -1) < 0) return hung_up;
        if (polled[1].revents != 0) {
            std::uint64_t count = 0;
            [[maybe_unused]] const ssize_t n = ::read(wake_.fd(), &count, sizeof count);
        }
        for (std::size_t i = 0; i < watched.size(); ++i) {
            if (polled[i + 2].revents != 0) hung_up.push_back(watched[i]);
        }
        if (polled[0].revents != 0) accept_one();
        return hung_up;
    }

    void accept_one() {
        wire::Socket socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket) {
            // Out of descriptors: the caller waits in the queue, and this loop must not spin.
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
                std::this_thread::sleep_for(std::chrono::milliseconds(50));
            return;
        }
        if (const Status admitted = admit(socket); !admitted) {
            [[maybe_unused]] const Status sent = socket.send(wire::encode_error(admitted.error()));
            return;
        }
        Connection& connection = connections_.emplace_back(std::move(socket));
        connection.thread = std::thread([this, &connection] {
            serve(connection);
            connection.socket.shut_down();
            connection.done = true;
            wake_up();
        });
    }

    Status admit(const wire::Socket& socket) const {
        if (connections_.size() >= limits::kConnections)
            return fail(Errc::limit, "too many connections to the process that has the store open");
        const wire::Peer peer = ASTEROPE_TRY(wire::peer_of(socket));
        if (peer.uid != 0 && peer.uid != ::geteuid() && peer.uid != owner_)
            return fail(Errc::permission, "the store is open by another user");
        return {};
    }

    void serve(Connection& connection) {
        const auto hello = connection.socket.receive();
        if (!hello || !*hello) return;
        auto greeting = service_.greet(**hello);
        if (!connection.socket.send(greeting ? greeting->reply : wire::encode_error(greeting.error()))) return;
        if (!greeting) return;
        const std::shared_ptr<Session> session = std::move(greeting->session);
        for (;;) {
            const auto request = connection.socket.receive();
            if (!request || !*request) return;
            if (!connection.socket.send(service_.answer(*session, **request, connection.stop.get_token()))) return;
        }
    }

    VolumeService& service_;
    const std::string path_;
    const uid_t owner_;
    const wire::Socket listener_, wake_;
    std::atomic<bool> stopping_ = false;
    std::list<Connection> connections_;  ///< the acceptor's own
    std::thread acceptor_;
};

}  // namespace

Result<std::unique_ptr<SocketServer>> SocketServer::start(VolumeService& service, const std::string& path,
                                                          uid_t owner) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, path);
    wire::Socket listener = ASTEROPE_TRY(wire::listen_unix(path, owner));
    wire::Socket wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) return fail_errno(errno, "eventfd");
    return std::make_unique<Server>(service, path, owner, std::move(listener), std::move(wake));
}

}  // namespace asterope::daemon

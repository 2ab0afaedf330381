#include "daemon/socket_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "client/wire/messages.h"
#include "client/wire/unix_socket.h"
#include "tests/client/random_message.h"
#include "tests/client/remote_fixture.h"
#include "tests/fs/volume_conformance.h"

namespace asterope {
namespace {

wire::Socket greeted(const ServedModel& served) {
    wire::Socket socket = wire::connect_unix(served.socket_path()).value();
    EXPECT_TRUE(socket.send(wire::encode_message(wire::Hello{})));
    EXPECT_TRUE(wire::decode_reply<wire::Welcome>(socket.receive().value().value()));
    return socket;
}

TEST(SocketServer, TheSocketIsForItsOwnerAlone) {
    ServedModel served;
    struct stat status {};
    ASSERT_EQ(::stat(served.socket_path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u);
    served.server->stop();
    EXPECT_NE(::stat(served.socket_path().c_str(), &status), 0);
}

TEST(SocketServer, ReplacesWhatADeadProcessLeft) {
    TempDir dir;
    ModelVolume model;
    TransactionTable transactions(model);
    daemon::VolumeService service(model, transactions);
    { const auto left = wire::listen_unix(dir / "s", ::getuid()).value(); }
    EXPECT_EQ(outcome(connect_socket(dir / "s")), "unavailable");
    const auto server = daemon::SocketServer::start(service, dir / "s", ::getuid()).value();
    EXPECT_TRUE(connect_socket(dir / "s"));
}

TEST(SocketServer, PathsLongerThanASocketAddressWork) {
    TempDir dir;
    const std::string deep = dir / std::string(120, 'd');
    std::filesystem::create_directory(deep);
    ModelVolume model;
    TransactionTable transactions(model);
    daemon::VolumeService service(model, transactions);
    const auto server = daemon::SocketServer::start(service, deep + "/asterope.sock", ::getuid()).value();
    EXPECT_TRUE(connect_socket(deep + "/asterope.sock"));
}

TEST(SocketServer, AnotherProtocolVersionIsToldSo) {
    ServedModel served;
    const wire::Socket socket = wire::connect_unix(served.socket_path()).value();
    ASSERT_TRUE(socket.send(wire::encode_message(wire::Hello{.version = 99})));
    const auto reply = wire::decode_reply<wire::Welcome>(socket.receive().value().value());
    ASSERT_EQ(outcome(reply), "unsupported");
    EXPECT_EQ(reply.error().message, "the process that has the store open speaks version 2 of the protocol, not version 99");
    EXPECT_EQ(socket.receive().value(), std::nullopt);
}

TEST(SocketServer, AMalformedRequestIsAnsweredAndTheConnectionGoesOn) {
    ServedModel served;
    const wire::Socket socket = greeted(served);
    wire::RandomMessage random(std::random_device{}());
    for (int i = 0; i < 200; ++i) {
        std::string noise;
        random.fill(noise);
        ASSERT_TRUE(socket.send(noise));
        const auto reply = socket.receive();
        ASSERT_TRUE(reply && *reply);
    }
    ASSERT_TRUE(socket.send(wire::encode_request(wire::GetAttr{kRootNode})));
    EXPECT_TRUE(wire::decode_reply<Attr>(socket.receive().value().value()));
}

TEST(SocketServer, AMessageBeyondTheLimitEndsTheConnectionAndNoOther) {
    ServedModel served;
    const auto remote = served.connect();
    const wire::Socket socket = greeted(served);
    const char header[4] = {'\x7f', 0, 0, 0};
    ASSERT_EQ(::write(socket.fd(), header, sizeof header), 4);
    const auto reply = socket.receive();
    EXPECT_TRUE(!reply || !*reply);
    EXPECT_TRUE(remote->getattr(kRootNode));
}

TEST(SocketServer, UnknownHandlesAreBadOnes) {
    ServedModel served;
    const auto transport = connect_socket(served.socket_path()).value();
    wire::RandomMessage random(7);
    const auto error_of = [&](const wire::Request& request) {
        const auto reply = transport->call(wire::encode_request(request), Pace::quick, {});
        return outcome(wire::decode_reply<wire::Content>(reply.value()));
    };
    const wire::HandleId none{12345};
    EXPECT_EQ(error_of(wire::ReadFile{none, 0, 10}), "bad_handle");
    EXPECT_EQ(error_of(wire::WriteFile{none, 0, {}}), "bad_handle");
    EXPECT_EQ(error_of(wire::TruncateFile{none, 0}), "bad_handle");
    EXPECT_EQ(error_of(wire::AllocateFile{none, 0, 0, 1}), "bad_handle");
    EXPECT_EQ(error_of(wire::SeekFile{none, 0, SEEK_DATA}), "bad_handle");
    EXPECT_EQ(error_of(wire::CommitFile{none, Durability::none}), "bad_handle");
    EXPECT_EQ(error_of(wire::GetFileAttr{none}), "bad_handle");
    EXPECT_EQ(error_of(wire::Append{none, {}}), "bad_handle");
    EXPECT_EQ(error_of(wire::Put{.dir = kRootNode, .name = "f", .content = none}), "bad_handle");
    EXPECT_EQ(error_of(wire::NextHits{none, 1}), "bad_handle");
    EXPECT_EQ(error_of(wire::Close{none}), "bad_handle");
}

TEST(SocketServer, StopsWhileClientsWait) {
    ServedModel served;
    const auto remote = served.connect();
    const Sequence start = remote->sequence();
    std::thread waiting([&] { EXPECT_FALSE(remote->changes(start, 1, std::chrono::minutes(5))); });
    const auto idle = served.connect();
    served.server->stop();
    waiting.join();
}

TEST(SocketServer, ConnectionsBeyondTheLimitAreToldSo) {
    ServedModel served;
    std::vector<wire::Socket> sockets;
    for (std::size_t i = 0; i < daemon::limits::kConnections; ++i) sockets.push_back(greeted(served));
    EXPECT_EQ(outcome(connect_socket(served.socket_path())), "limit");
    sockets.clear();
}

}  // namespace
}  // namespace asterope

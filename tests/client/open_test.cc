#include "client/open.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "client/wire/unix_socket.h"
#include "daemon/socket_server.h"
#include "engine/core/path.h"
#include "tests/storage/temporary_store.h"

namespace asterope {
namespace {

using std::chrono::milliseconds;

std::string error_of(const std::string& path, milliseconds busy_wait = milliseconds(50)) {
    const auto opened = open_volume(path, {.busy_wait = busy_wait});
    return opened ? "ok" : std::string(name_of(opened.error().code)) + ": " + opened.error().message;
}

/// A store that is closed.
class OpenVolume : public testing::Test {
  protected:
    OpenVolume() { store_.close(); }
    std::string path() const { return store_.path(); }
    /// A folder beside the store.
    std::string folder() const {
        const std::string folder = path() + "-folder";
        boost::filesystem::create_directory(folder);
        return folder;
    }
    std::string format() const {
        std::ifstream file(path() + "/FORMAT");
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void set_format(const std::string& text) const {
        std::ofstream(path() + "/FORMAT", std::ios::trunc) << text;
    }

    TemporaryStore store_;
};

TEST_F(OpenVolume, WhatIsNoStoreIsSaidAndLeftAlone) {
    EXPECT_EQ(error_of(path() + "-none"), "not_found: '" + path() + "-none' does not exist");
    const std::string empty = folder();
    EXPECT_EQ(error_of(empty), "format: '" + empty +
                                   "' is not a store (it has no FORMAT file): make one with 'asterope init'");
    EXPECT_TRUE(boost::filesystem::is_empty(empty));
    const std::string file = path() + "/FORMAT";
    EXPECT_EQ(error_of(file).substr(0, 8), "format: ");
    EXPECT_EQ(error_of("https://localhost:5001").substr(0, 13), "unsupported: ");
}

TEST_F(OpenVolume, ANewerOrDamagedFormatIsSaidAndLeftAlone) {
    const std::string good = format();
    boost::filesystem::remove(path() + "/lock");
    set_format("asterope 2\nuuid x\nnew-line\n");
    EXPECT_EQ(error_of(path()),
              "format: '" + path() + "' has store format 2; this program reads format 1: use a newer one");
    set_format("something else\n");
    EXPECT_EQ(error_of(path()), "format: '" + path() + "' is not a store: its FORMAT is damaged");
    set_format("asterope 1\n");
    EXPECT_EQ(error_of(path()), "format: '" + path() + "' is not a store: its FORMAT has no uuid");
    EXPECT_EQ(format(), "asterope 1\n");
    EXPECT_FALSE(boost::filesystem::exists(path() + "/lock")) << "nothing is written";
    set_format(good);
    EXPECT_EQ(error_of(path()), "ok");
}

TEST_F(OpenVolume, AStoreIsMadeWhereNoneIsIfAsked) {
    const std::string made = path() + "-made";
    {
        const auto volume = open_volume(made, {.create = true});
        ASSERT_TRUE(volume) << volume.error().text();
        EXPECT_TRUE((*volume)->create(kRootNode, "f", {}));
    }
    const auto again = open_volume(made, {.create = true});
    ASSERT_TRUE(again);
    EXPECT_TRUE((*again)->lookup(kRootNode, "f")) << "an existing store is kept";
    const std::string full = folder();
    std::ofstream(full + "/precious") << "x";
    EXPECT_EQ(name_of(open_volume(full, {.create = true}).error().code), "exists");
}

TEST_F(OpenVolume, AStoreInUseWithoutASocketIsUnavailableAfterTheWait) {
    store_.open();
    EXPECT_EQ(error_of(path()),
              "unavailable: '" + path() +
                  "' is in use by another process, which does not answer: try again when it has ended");
}

TEST_F(OpenVolume, ASocketThatADeadProcessLeftIsPassedOver) {
    { const auto left = wire::listen_unix(socket_path(path()), ::getuid()).value(); }
    EXPECT_EQ(error_of(path()), "ok");
    store_.open();
    EXPECT_EQ(error_of(path()).substr(0, 13), "unavailable: ");
}

TEST_F(OpenVolume, AProcessThatIsStoppedIsUnavailable) {
    store_.open();
    // Connections are queued by the kernel, and nobody takes them.
    const auto mute = wire::listen_unix(socket_path(path()), ::getuid()).value();
    EXPECT_EQ(error_of(path()).substr(0, 13), "unavailable: ");
}

TEST_F(OpenVolume, AStoreThatIsReleasedInTimeIsOpened) {
    store_.open();
    std::thread releasing([&] {
        std::this_thread::sleep_for(milliseconds(100));
        store_.close();
    });
    EXPECT_EQ(error_of(path(), milliseconds(60'000)), "ok");
    releasing.join();
}

TEST_F(OpenVolume, AStoreThatAnotherProcessServesIsReachedThroughIt) {
    store_.open();
    TransactionTable transactions(store_.volume());
    daemon::VolumeService service(store_.volume(), transactions);
    const auto server = daemon::SocketServer::start(service, socket_path(path()), ::getuid()).value();
    const auto remote = open_volume(path()).value();
    ASSERT_TRUE(remote->create(kRootNode, "f", {}));
    EXPECT_TRUE(store_.volume().lookup(kRootNode, "f"));
    EXPECT_EQ(remote->info().uuid, store_.volume().info().uuid);
}

}  // namespace
}  // namespace asterope

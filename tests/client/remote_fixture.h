#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "client/remote_volume.h"
#include "client/socket_transport.h"
#include "daemon/socket_server.h"
#include "tests/fs/model_volume.h"

namespace asterope {

/// A folder of its own, removed at the end.
class TempDir {
  public:
    TempDir() {
        std::string name = (std::filesystem::temp_directory_path() / "asterope-client-XXXXXX").string();
        ASTEROPE_CHECK(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::string& path() const { return path_; }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  private:
    std::string path_;
};

/// A ModelVolume behind a socket, and a connection to it.
class ServedModel {
  public:
    explicit ServedModel(daemon::AdminCalls admin = {})
        : service(model, transactions, std::move(admin)),
          server(daemon::SocketServer::start(service, socket_path(), ::getuid()).value()) {}

    std::string socket_path() const { return dir / "asterope.sock"; }
    std::unique_ptr<RemoteVolume> connect() const {
        return RemoteVolume::connect(connect_socket(socket_path()).value()).value();
    }

    TempDir dir;
    ModelVolume model;
    TransactionTable transactions{model};
    daemon::VolumeService service;
    std::unique_ptr<daemon::SocketServer> server;
};

}  // namespace asterope

#pragma once

#include <unistd.h>

#include <memory>
#include <string>

#include "client/open.h"
#include "client/remote_volume.h"
#include "client/socket_transport.h"
#include "daemon/socket_server.h"
#include "tests/storage/temporary_store.h"

namespace asterope {

/// A store on disk that this process serves at its socket, as a mounting process does.
class ServedStore {
  public:
    LocalVolume& volume() { return store_.volume(); }
    std::string path() const { return store_.path(); }
    std::unique_ptr<Transport> transport() const { return connect_socket(socket_path(path())).value(); }
    std::unique_ptr<RemoteVolume> connect() const { return RemoteVolume::connect(transport()).value(); }

  private:
    TemporaryStore store_;
    TransactionTable transactions_{store_.volume()};
    daemon::VolumeService service_{store_.volume(), transactions_};
    std::unique_ptr<daemon::SocketServer> server_ =
        daemon::SocketServer::start(service_, socket_path(store_.path()), ::getuid()).value();
};

}  // namespace asterope

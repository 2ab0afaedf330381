#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "daemon/volume_service.h"
#include "engine/core/result.h"

namespace asterope::daemon {

/// Serves a VolumeService on a Unix stream socket, for this user, root and the store's owner.
/// A thread for each connection, at most limits::kConnections.
/// Threads:  any.
/// Lifetime: the service outlives the server. Destroying it stops it.
class SocketServer {
  public:
    /// Listens at `path`, replacing a socket that a dead process left. The caller holds the store's lock.
    /// `owner` may connect as well, and owns the socket. Errors: io
    static Result<std::unique_ptr<SocketServer>> start(VolumeService& service, const std::string& path, uid_t owner);

    virtual ~SocketServer() = default;
    /// Ends all connections, waits for their requests, removes the socket. Again: no effect.
    virtual void stop() = 0;
};

}  // namespace asterope::daemon

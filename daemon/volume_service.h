#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "daemon/session.h"
#include "engine/core/transaction_table.h"
#include "engine/core/volume.h"

namespace asterope::daemon {

/// What the process offers besides Volume, by name: JSON arguments in, JSON text out. A stop is asked for when the caller
/// has gone.
using AdminCall = std::function<Result<std::string>(std::string_view arguments, const std::stop_token& stop)>;
using AdminCalls = std::map<std::string, AdminCall, std::less<>>;

/// Answers the wire protocol's requests from a Volume. Knows no transport: bytes in, bytes out.
/// Threads:  any, at the same time.
/// Lifetime: the Volume and the transactions that have names outlive the service and all its sessions.
class VolumeService {
  public:
    /// `settle`: called before each reply; what the request changed is seen everywhere in this process when it returns.
    VolumeService(Volume& volume, TransactionTable& transactions, AdminCalls admin = {}, std::function<void()> settle = {});

    /// A Hello's answer: the session that it begins or joins, and the reply to send.
    /// Errors: unsupported (another protocol or version) · stale (no such session) · parse
    struct Greeting {
        std::shared_ptr<Session> session;
        std::string reply;
    };
    Result<Greeting> greet(std::string_view hello);

    /// The reply to `request`, which may be any bytes. A stop ends evaluations and waits with Errc::interrupted.
    std::string answer(Session& session, std::string_view request, const std::stop_token& stop);

  private:
    std::string answer_checked(Session& session, std::string_view message, const std::stop_token& stop);

    const Session::View volume_itself_;
    TransactionTable& transactions_;
    const AdminCalls admin_;
    const std::function<void()> settle_;
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<Session>, std::less<>> sessions_;  ///< under mutex_
};

}  // namespace asterope::daemon

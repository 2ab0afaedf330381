#include "daemon/volume_service.h"

#include <sys/random.h>

#include <algorithm>
#include <new>

#include "client/wire/limits.h"
#include "daemon/operations.h"

namespace asterope::daemon {
namespace {

std::string random_id() {
    unsigned char bytes[16];
    ASTEROPE_CHECK(::getrandom(bytes, sizeof bytes, 0) == sizeof bytes);
    std::string id;
    for (const unsigned char byte : bytes) {
        id += "0123456789abcdef"[byte >> 4];
        id += "0123456789abcdef"[byte & 15];
    }
    return id;
}

template <class T>
std::string reply_of(const Result<T>& result) {
    if (!result) return wire::encode_error(result.error());
    if constexpr (std::is_void_v<T>)
        return wire::encode_reply(std::monostate{});
    else
        return wire::encode_reply(*result);
}

}  // namespace

VolumeService::VolumeService(Volume& volume, TransactionTable& transactions, AdminCalls admin, std::function<void()> settle)
    // A pointer that owns nothing: the volume is the caller's.
    : volume_itself_{std::shared_ptr<Volume>(std::shared_ptr<void>(), &volume)}, transactions_(transactions),
      admin_(std::move(admin)), settle_(std::move(settle)) {}

Result<VolumeService::Greeting> VolumeService::greet(std::string_view message) {
    const auto hello = ASTEROPE_TRY(wire::decode_message<wire::Hello>(message));
    if (hello.name != wire::kProtocolName || hello.version != wire::kProtocolVersion)
        return fail(Errc::unsupported, "the process that has the store open speaks version " +
                                           std::to_string(wire::kProtocolVersion) + " of the protocol, not version " +
                                           std::to_string(hello.version));
    const std::lock_guard lock(mutex_);
    std::erase_if(sessions_, [](const auto& entry) { return entry.second.expired(); });
    std::shared_ptr<Session> session;
    if (hello.session.empty()) {
        session = std::make_shared<Session>(random_id());
        sessions_.emplace(session->id(), session);
    } else {
        const auto at = sessions_.find(hello.session);
        if (at != sessions_.end()) session = at->second.lock();
        if (!session) return fail(Errc::stale, "the store was closed meanwhile");
    }
    std::string reply = wire::encode_reply(wire::Welcome{.session = session->id()});
    return Greeting{std::move(session), std::move(reply)};
}

std::string VolumeService::answer_checked(Session& session, std::string_view message, const std::stop_token& stop) {
    auto request = wire::decode_request(message);
    if (!request) return wire::encode_error(request.error());
    std::shared_ptr<const Session::View> view(std::shared_ptr<void>(), &volume_itself_);
    if (request->view() != wire::kVolumeItself) {
        auto found = session.view(request->view());
        if (!found) return wire::encode_error(found.error());
        view = std::move(*found);
    }
    const Operations operations{*view->volume, *view, transactions_, admin_, session, stop};
    return std::visit([&](auto& operation) { return reply_of(operations(operation)); }, **request);
}

std::string VolumeService::answer(Session& session, std::string_view request, const std::stop_token& stop) {
    std::string reply;
    try {
        reply = answer_checked(session, request, stop);
        if (settle_) settle_();
    } catch (const std::bad_alloc&) {
        return wire::encode_error({Errc::limit, "out of memory"});
    }
    if (reply.size() > wire::limits::kMessageBytes)
        return wire::encode_error({Errc::limit, "the answer is too large for one message"});
    return reply;
}

}  // namespace asterope::daemon

#pragma once

#include <utility>

#include "client/transport.h"
#include "client/wire/messages.h"

namespace asterope {

/// Sends one request, to `view` where that matters to it, and returns its reply. Errors: those of the transport, of the reply, and parse for a reply that is none
template <class Operation>
Result<typename Operation::Reply> remote_call(Transport& transport, Operation operation, Pace pace = Pace::quick,
                                              const std::stop_token& stop = {},
                                              wire::HandleId view = wire::kVolumeItself) {
    const std::string reply = ASTEROPE_TRY(transport.call(wire::encode_request(std::move(operation), view), pace, stop));
    return wire::decode_reply<typename Operation::Reply>(reply);
}

/// The same for an operation that answers nothing.
template <class Operation>
Status remote_do(Transport& transport, Operation operation, Pace pace = Pace::quick) {
    ASTEROPE_TRY(remote_call(transport, std::move(operation), pace));
    return {};
}

/// Ends a handle at the other end. What can go wrong is that the other end is gone, and the handle with it.
inline void remote_close(Transport& transport, wire::HandleId handle) {
    [[maybe_unused]] const auto closed = remote_call(transport, wire::Close{handle});
}

}  // namespace asterope

#pragma once

#include <stop_token>
#include <utility>

#include "fs/caller.h"
#include "fs/fuse/reply.h"

namespace asterope::fs::fuse {

/// Runs `work(caller)` so that an INTERRUPT of the request (Ctrl-C of the process) reaches it as caller.stop.
/// The reply comes after: once this returns, libfuse no longer knows the stop source.
template <class Work>
auto interruptible(fuse_req_t req, Work&& work) {
    struct Scope {
        explicit Scope(fuse_req_t request) : req(request) {
            fuse_req_interrupt_func(
                req, [](fuse_req_t, void* data) { static_cast<std::stop_source*>(data)->request_stop(); },
                &source);
        }
        ~Scope() { fuse_req_interrupt_func(req, nullptr, nullptr); }
        fuse_req_t req;
        std::stop_source source;
    };
    Scope scope(req);
    Caller caller = caller_of(req);
    caller.stop = scope.source.get_token();
    return std::forward<Work>(work)(static_cast<const Caller&>(caller));
}

}  // namespace asterope::fs::fuse

#pragma once

#include <cerrno>
#include <new>

#include "fs/fuse/reply.h"

/// One table of functions for libfuse, filled by concern. Each function unpacks a request, calls FileSystem,
/// replies.
namespace asterope::fs::fuse {

void add_name_handlers(fuse_lowlevel_ops& ops);
void add_file_handlers(fuse_lowlevel_ops& ops);
void add_dir_handlers(fuse_lowlevel_ops& ops);
void add_xattr_handlers(fuse_lowlevel_ops& ops);

/// Wraps a handler: counts its requests, and lets no exception (memory, mostly) reach libfuse. Handlers reply
/// last, so the request is still unanswered.
template <auto handler, Request request>
struct Guarded;

template <class... Args, void (*handler)(fuse_req_t, Args...), Request request>
struct Guarded<handler, request> {
    static void call(fuse_req_t req, Args... args) {
        filesystem(req).requests().add(request);
        const OriginScope as(filesystem(req).origin());
        try {
            handler(req, args...);
        } catch (const std::bad_alloc&) {
            fuse_reply_err(req, ENOMEM);
        } catch (...) {
            fuse_reply_err(req, EIO);
        }
    }
};
template <auto handler, Request request>
constexpr auto guarded = &Guarded<handler, request>::call;

}  // namespace asterope::fs::fuse

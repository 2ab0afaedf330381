#include "fs/fuse/handlers.h"
#include "fs/fuse/interrupt.h"

namespace asterope::fs::fuse {
namespace {

/// ENOSYS would switch extended attributes off for the whole mount, and the kernel makes EOPNOTSUPP of the EAGAIN of a conflict.
void reply_xattr_error(fuse_req_t req, const Error& error) {
    const int code = error.to_errno();
    fuse_reply_err(req, code == ENOSYS ? EOPNOTSUPP : code == EAGAIN ? EBUSY : code);
}

void setxattr(fuse_req_t req, fuse_ino_t ino, const char* name, const char* value, std::size_t size,
              int flags) {
    const Status status = filesystem(req).setxattr(caller_of(req), node_of(req, ino), name,
                                                   std::string_view(value, size), flags);
    if (!status) return reply_xattr_error(req, status.error());
    fuse_reply_err(req, 0);
}

void getxattr(fuse_req_t req, fuse_ino_t ino, const char* name, std::size_t size) {
    const auto work = [&](const Caller& caller) {
        return filesystem(req).getxattr(caller, node_of(req, ino), name);
    };
    // .count of a query directory evaluates; an attribute of a file is one look-up.
    const auto value = is_query_node(node_of(req, ino)) ? interruptible(req, work) : work(caller_of(req));
    if (!value) return reply_xattr_error(req, value.error());
    reply_xattr(req, *value, size);
}

void listxattr(fuse_req_t req, fuse_ino_t ino, std::size_t size) {
    const auto names = filesystem(req).listxattr(caller_of(req), node_of(req, ino));
    if (!names) return reply_xattr_error(req, names.error());
    std::string bytes;
    for (const auto& name : *names) bytes.append(name).push_back('\0');
    reply_xattr(req, bytes, size);
}

void removexattr(fuse_req_t req, fuse_ino_t ino, const char* name) {
    const Status status = filesystem(req).removexattr(node_of(req, ino), name);
    if (!status) return reply_xattr_error(req, status.error());
    fuse_reply_err(req, 0);
}

}  // namespace

void add_xattr_handlers(fuse_lowlevel_ops& ops) {
    ops.setxattr = guarded<setxattr, Request::setxattr>;
    ops.getxattr = guarded<getxattr, Request::getxattr>;
    ops.listxattr = guarded<listxattr, Request::listxattr>;
    ops.removexattr = guarded<removexattr, Request::removexattr>;
}

}  // namespace asterope::fs::fuse

#pragma once

#include <sys/stat.h>

#include "fs/fuse/lowlevel.h"
#include "fs/fuse/served.h"

/// From results to replies. Every function answers its request exactly once; the request is gone afterwards.
namespace asterope::fs::fuse {

inline FileSystem& filesystem(fuse_req_t req) {
    return static_cast<Served*>(fuse_req_userdata(req))->filesystem;
}
/// The kernel's root is number 1 in every mount.
inline NodeId node_of(fuse_req_t req, fuse_ino_t ino) {
    return ino == FUSE_ROOT_ID ? filesystem(req).root() : NodeId{ino};
}
inline HandleId handle_of(const fuse_file_info* fi) {
    return HandleId{fi->fh};
}
Caller caller_of(fuse_req_t req);

struct stat to_stat(const Attr& attr);
fuse_entry_param to_entry_param(const Entry& entry);

void reply_error(fuse_req_t req, const Error& error);
void reply(fuse_req_t req, const Status& status);
void reply(fuse_req_t req, const Result<Entry>& entry);
void reply(fuse_req_t req, const Result<AttrReply>& attr);
/// READLINK
void reply_link(fuse_req_t req, const Result<std::string>& target);
/// GETXATTR and LISTXATTR: the size alone when the caller's buffer is 0, ERANGE when it is too small.
void reply_xattr(fuse_req_t req, std::string_view bytes, std::size_t buffer_bytes);
/// OPEN and CREATE (with an entry): the one place where the kernel learns how to treat an open file.
void reply_opened(fuse_req_t req, const Opened& opened, const Entry* created, fuse_file_info* fi);

}  // namespace asterope::fs::fuse

#include "fs/fuse/reply.h"

#include <cerrno>

#include "fs/fuse/device.h"

namespace asterope::fs::fuse {
namespace {

/// What programs take as a good size of reads and writes.
constexpr blksize_t kFileBlockBytes = 128 * 1024;

timespec to_timespec(Timestamp t) {
    timespec out{};
    out.tv_sec = t.seconds;
    out.tv_nsec = t.nanoseconds;
    return out;
}

}  // namespace

Caller caller_of(fuse_req_t req) {
    const fuse_ctx* context = fuse_req_ctx(req);
    const std::int32_t pid = context->pid;
    Caller caller{.uid = context->uid, .gid = context->gid, .umask = context->umask, .pid = pid};
    caller.keeps_suid = !request_kills_suid().value_or(caller.uid != 0);
    if (pid != 0) caller.groups = [pid] { return groups_of_process(pid); };
    return caller;
}

struct stat to_stat(const Attr& attr) {
    struct stat st {};
    st.st_ino = raw(attr.node);
    st.st_mode = mode_bits(attr.type) | attr.mode;
    st.st_nlink = attr.nlink;
    st.st_uid = attr.uid;
    st.st_gid = attr.gid;
    st.st_rdev = attr.rdev;
    st.st_size = static_cast<off_t>(attr.size);
    st.st_blocks = static_cast<blkcnt_t>(attr.blocks);
    st.st_blksize = attr.type == NodeType::file ? kFileBlockBytes : 4096;
    st.st_atim = to_timespec(attr.atime);
    st.st_mtim = to_timespec(attr.mtime);
    st.st_ctim = to_timespec(attr.ctime);
    return st;
}

fuse_entry_param to_entry_param(const Entry& entry) {
    fuse_entry_param param{};
    param.ino = raw(entry.attr.node);
    param.generation = 1;  // node numbers are never used again
    param.attr = to_stat(entry.attr);
    param.attr_timeout = entry.attr_seconds;
    param.entry_timeout = entry.entry_seconds;
    return param;
}

void reply_error(fuse_req_t req, const Error& error) {
    fuse_reply_err(req, error.to_errno());
}

void reply(fuse_req_t req, const Status& status) {
    if (!status) return reply_error(req, status.error());
    fuse_reply_err(req, 0);
}

void reply(fuse_req_t req, const Result<Entry>& entry) {
    if (!entry) return reply_error(req, entry.error());
    const fuse_entry_param param = to_entry_param(*entry);
    FileSystem& fs = filesystem(req);
    // An interrupted caller never got the node: what the reply would have counted is taken back.
    if (fuse_reply_entry(req, &param) == -ENOENT) fs.forget(entry->attr.node, 1);
}

void reply(fuse_req_t req, const Result<AttrReply>& attr) {
    if (!attr) return reply_error(req, attr.error());
    const struct stat st = to_stat(attr->attr);
    fuse_reply_attr(req, &st, attr->attr_seconds);
}

void reply_link(fuse_req_t req, const Result<std::string>& target) {
    if (!target) return reply_error(req, target.error());
    fuse_reply_readlink(req, target->c_str());
}

void reply_xattr(fuse_req_t req, std::string_view bytes, std::size_t buffer_bytes) {
    if (buffer_bytes == 0) {
        fuse_reply_xattr(req, bytes.size());
    } else if (bytes.size() > buffer_bytes) {
        fuse_reply_err(req, ERANGE);
    } else {
        fuse_reply_buf(req, bytes.data(), bytes.size());
    }
}

void reply_opened(fuse_req_t req, const Opened& opened, const Entry* created, fuse_file_info* fi) {
    fi->fh = raw_handle(opened.handle);
    fi->direct_io = opened.direct_io;
    fi->keep_cache = opened.keep_cache;
    fi->noflush = opened.no_flush;
    if (opened.backing_id) pass_through_next_open(*opened.backing_id);
    FileSystem& fs = filesystem(req);
    int sent = 0;
    if (created != nullptr) {
        const fuse_entry_param param = to_entry_param(*created);
        sent = fuse_reply_create(req, &param, fi);
    } else {
        sent = fuse_reply_open(req, fi);
    }
    // The open was interrupted and no RELEASE will come.
    if (sent != -ENOENT) return;
    fs.release(opened.handle);
    if (created != nullptr) fs.forget(created->attr.node, 1);
}

}  // namespace asterope::fs::fuse

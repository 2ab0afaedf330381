#include <sys/statvfs.h>

#include "fs/fuse/handlers.h"

namespace asterope::fs::fuse {
namespace {

void lookup(fuse_req_t req, fuse_ino_t parent, const char* name) {
    const NodeId dir = node_of(req, parent);
    const auto entry = filesystem(req).lookup(caller_of(req), dir, name);
    const double absent = entry || entry.error().code != Errc::not_found ? 0 : filesystem(req).absence_seconds(dir);
    if (absent == 0) return reply(req, entry);
    fuse_entry_param nothing{};  // node 0: there is no such name
    nothing.entry_timeout = absent;
    fuse_reply_entry(req, &nothing);
}

void forget(fuse_req_t req, fuse_ino_t ino, std::uint64_t count) {
    filesystem(req).forget(node_of(req, ino), count);
    fuse_reply_none(req);
}

void forget_multi(fuse_req_t req, std::size_t count, fuse_forget_data* forgets) {
    for (std::size_t i = 0; i < count; ++i)
        filesystem(req).forget(node_of(req, forgets[i].ino), forgets[i].nlookup);
    fuse_reply_none(req);
}

void getattr(fuse_req_t req, fuse_ino_t ino, fuse_file_info*) {
    reply(req, filesystem(req).getattr(caller_of(req), node_of(req, ino)));
}

Timestamp to_timestamp(const timespec& t) {
    return {t.tv_sec, static_cast<std::uint32_t>(t.tv_nsec)};
}

SetAttr to_change(const struct stat& st, int to_set) {
    SetAttr change;
    if ((to_set & FUSE_SET_ATTR_MODE) != 0) change.mode = st.st_mode & 07777;
    if ((to_set & FUSE_SET_ATTR_UID) != 0) change.uid = st.st_uid;
    if ((to_set & FUSE_SET_ATTR_GID) != 0) change.gid = st.st_gid;
    if ((to_set & FUSE_SET_ATTR_SIZE) != 0) change.size = static_cast<std::uint64_t>(st.st_size);
    if ((to_set & FUSE_SET_ATTR_ATIME) != 0) change.atime = to_timestamp(st.st_atim);
    if ((to_set & FUSE_SET_ATTR_MTIME) != 0) change.mtime = to_timestamp(st.st_mtim);
    if ((to_set & FUSE_SET_ATTR_CTIME) != 0) change.ctime = to_timestamp(st.st_ctim);
    if ((to_set & FUSE_SET_ATTR_ATIME_NOW) != 0) change.atime = Timestamp::now();
    if ((to_set & FUSE_SET_ATTR_MTIME_NOW) != 0) change.mtime = Timestamp::now();
    return change;
}

void setattr(fuse_req_t req, fuse_ino_t ino, struct stat* st, int to_set, fuse_file_info* fi) {
    std::optional<HandleId> handle;
    if (fi != nullptr) handle = handle_of(fi);
    reply(req, filesystem(req).setattr(caller_of(req), node_of(req, ino), to_change(*st, to_set), handle));
}

void readlink(fuse_req_t req, fuse_ino_t ino) {
    reply_link(req, filesystem(req).readlink(node_of(req, ino)));
}

void mknod(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode, dev_t rdev) {
    const auto type = type_of_mode(mode);
    if (!type || *type == NodeType::directory || *type == NodeType::symlink) {
        fuse_reply_err(req, EINVAL);
        return;
    }
    reply(req, filesystem(req).mknod(caller_of(req), node_of(req, parent), name, *type, mode & 07777,
                                     static_cast<std::uint32_t>(rdev)));
}

void mkdir(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode) {
    reply(req, filesystem(req).mkdir(caller_of(req), node_of(req, parent), name, mode & 07777));
}

void symlink(fuse_req_t req, const char* target, fuse_ino_t parent, const char* name) {
    reply(req, filesystem(req).symlink(caller_of(req), node_of(req, parent), name, target));
}

void unlink(fuse_req_t req, fuse_ino_t parent, const char* name) {
    reply(req, filesystem(req).unlink(node_of(req, parent), name));
}

void rmdir(fuse_req_t req, fuse_ino_t parent, const char* name) {
    reply(req, filesystem(req).rmdir(caller_of(req), node_of(req, parent), name));
}

void rename(fuse_req_t req, fuse_ino_t parent, const char* name, fuse_ino_t new_parent, const char* new_name,
            unsigned flags) {
    reply(req, filesystem(req).rename(caller_of(req), {node_of(req, parent), name},
                                      {node_of(req, new_parent), new_name}, flags));
}

void link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char* name) {
    reply(req, filesystem(req).link(node_of(req, ino), node_of(req, parent), name));
}

void statfs(fuse_req_t req, fuse_ino_t) {
    constexpr std::uint64_t kBlockBytes = 4096;
    const auto space = filesystem(req).statfs();
    if (!space) return reply_error(req, space.error());
    struct statvfs st {};
    st.f_bsize = st.f_frsize = kBlockBytes;
    st.f_blocks = space->total_bytes / kBlockBytes;
    st.f_bfree = space->free_bytes / kBlockBytes;
    st.f_bavail = space->available_bytes / kBlockBytes;
    st.f_files = space->node_count + space->free_node_count;
    st.f_ffree = st.f_favail = space->free_node_count;
    st.f_namemax = limits::kNameBytes;
    fuse_reply_statfs(req, &st);
}

}  // namespace

void add_name_handlers(fuse_lowlevel_ops& ops) {
    ops.lookup = guarded<lookup, Request::lookup>;
    ops.forget = guarded<forget, Request::forget>;
    ops.forget_multi = guarded<forget_multi, Request::forget>;
    ops.getattr = guarded<getattr, Request::getattr>;
    ops.setattr = guarded<setattr, Request::setattr>;
    ops.readlink = guarded<readlink, Request::readlink>;
    ops.mknod = guarded<mknod, Request::mknod>;
    ops.mkdir = guarded<mkdir, Request::mkdir>;
    ops.symlink = guarded<symlink, Request::symlink>;
    ops.unlink = guarded<unlink, Request::unlink>;
    ops.rmdir = guarded<rmdir, Request::rmdir>;
    ops.rename = guarded<rename, Request::rename>;
    ops.link = guarded<link, Request::link>;
    ops.statfs = guarded<statfs, Request::statfs>;
}

}  // namespace asterope::fs::fuse

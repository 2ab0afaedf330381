#include <algorithm>
#include <vector>

#include "fs/fuse/handlers.h"
#include "fs/fuse/interrupt.h"

namespace asterope::fs::fuse {
namespace {

/// Packs entries into the kernel's buffer until the next one does not fit.
class DirBuffer {
  public:
    DirBuffer(fuse_req_t req, std::size_t size, bool plus) : req_(req), bytes_(size), plus_(plus) {}

    bool add(const DirRecord& record) {
        const std::size_t room = bytes_.size() - used_;
        const std::size_t needed = plus_ ? add_plus(record, room) : add_plain(record, room);
        if (needed > room) return false;
        used_ += needed;
        return true;
    }
    std::size_t used() const { return used_; }
    const char* data() const { return bytes_.data(); }

  private:
    std::size_t add_plain(const DirRecord& record, std::size_t room) {
        struct stat st {};
        st.st_ino = raw(record.node);
        st.st_mode = mode_bits(record.type);
        return fuse_add_direntry(req_, bytes_.data() + used_, room, record.name.c_str(), &st,
                                 static_cast<off_t>(record.next));
    }
    std::size_t add_plus(const DirRecord& record, std::size_t room) {
        fuse_entry_param param{};  // ino 0: the kernel takes the name alone
        if (record.entry) param = to_entry_param(*record.entry);
        if (!record.entry) param.attr.st_mode = mode_bits(record.type);
        param.attr.st_ino = raw(record.node);
        return fuse_add_direntry_plus(req_, bytes_.data() + used_, room, record.name.c_str(), &param,
                                      static_cast<off_t>(record.next));
    }

    fuse_req_t req_;
    std::vector<char> bytes_;
    std::size_t used_ = 0;
    const bool plus_;
};

void opendir(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi) {
    FileSystem& fs = filesystem(req);
    const auto handle =
        interruptible(req, [&](const Caller& caller) { return fs.opendir(caller, node_of(req, ino)); });
    if (!handle) return reply_error(req, handle.error());
    fi->fh = raw_handle(*handle);
    fi->cache_readdir = fi->keep_cache = fs.keeps_listing(node_of(req, ino));
    if (fuse_reply_open(req, fi) == -ENOENT) fs.releasedir(*handle);
}

void list(fuse_req_t req, std::size_t size, off_t offset, fuse_file_info* fi, bool plus) {
    DirBuffer buffer(req, size, plus);
    const Status status = interruptible(req, [&](const Caller& caller) {
        return filesystem(req).readdir(caller, handle_of(fi), static_cast<std::uint64_t>(offset), plus,
                                       [&](const DirRecord& record) { return buffer.add(record); });
    });
    // Entries that were found before an error are given; the next request meets the error.
    if (!status && buffer.used() == 0) return reply_error(req, status.error());
    fuse_reply_buf(req, buffer.data(), buffer.used());
}

void readdir(fuse_req_t req, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* fi) {
    list(req, size, offset, fi, false);
}

void readdirplus(fuse_req_t req, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* fi) {
    list(req, size, offset, fi, true);
}

void releasedir(fuse_req_t req, fuse_ino_t, fuse_file_info* fi) {
    filesystem(req).releasedir(handle_of(fi));
    fuse_reply_err(req, 0);
}

void fsyncdir(fuse_req_t req, fuse_ino_t, int, fuse_file_info*) {
    reply(req, filesystem(req).fsyncdir());
}

}  // namespace

void add_dir_handlers(fuse_lowlevel_ops& ops) {
    ops.opendir = guarded<opendir, Request::opendir>;
    ops.readdir = guarded<readdir, Request::readdir>;
    ops.readdirplus = guarded<readdirplus, Request::readdirplus>;
    ops.releasedir = guarded<releasedir, Request::releasedir>;
    ops.fsyncdir = guarded<fsyncdir, Request::fsyncdir>;
}

}  // namespace asterope::fs::fuse

#include <vector>

#include "fs/fuse/handlers.h"
#include "fs/fuse/interrupt.h"

namespace asterope::fs::fuse {
namespace {

/// Memory for one request's bytes, kept by each thread: at most the largest request (1 MiB).
std::span<std::byte> thread_buffer(std::size_t size) {
    thread_local std::vector<std::byte> buffer;
    if (buffer.size() < size) buffer.resize(size);
    return std::span(buffer).first(size);
}

std::uint64_t offset_of(off_t offset) {
    return static_cast<std::uint64_t>(offset);
}

void open(fuse_req_t req, fuse_ino_t ino, fuse_file_info* fi) {
    const auto opened = interruptible(req, [&](const Caller& caller) {
        return filesystem(req).open(caller, node_of(req, ino), fi->flags);
    });
    if (!opened) return reply_error(req, opened.error());
    reply_opened(req, *opened, nullptr, fi);
}

void create(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* fi) {
    const auto created =
        filesystem(req).create(caller_of(req), node_of(req, parent), name, mode & 07777, fi->flags);
    if (!created) return reply_error(req, created.error());
    reply_opened(req, created->opened, &created->entry, fi);
}

void read_backed(fuse_req_t req, const OpenFile& open, std::size_t size, off_t offset) {
    fuse_bufvec bytes = FUSE_BUFVEC_INIT(size);
    bytes.buf[0].flags = static_cast<fuse_buf_flags>(FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK);
    bytes.buf[0].fd = *open.file->backing_fd();
    bytes.buf[0].pos = offset;
    fuse_reply_data(req, &bytes, FUSE_BUF_SPLICE_MOVE);
}

void read(fuse_req_t req, fuse_ino_t ino, std::size_t size, off_t offset, fuse_file_info* fi) {
    const HandleId handle = handle_of(fi);
    if (const auto open = filesystem(req).backed_file(handle)) return read_backed(req, *open, size, offset);
    const auto buffer = thread_buffer(size);
    const auto work = [&](const Caller& caller) {
        return filesystem(req).read(caller, handle, offset_of(offset), buffer);
    };
    // Only the query tree computes what it gives; a read of a file is never worth an interrupt.
    const auto got = is_query_node(node_of(req, ino)) ? interruptible(req, work) : work(Caller{});
    if (!got) return reply_error(req, got.error());
    fuse_reply_buf(req, reinterpret_cast<const char*>(buffer.data()), *got);
}

/// The bytes of a WRITE: where they lie in memory already, or copied out of the pipe that they were spliced into.
Result<std::span<const std::byte>> bytes_of(fuse_bufvec* in) {
    const std::size_t size = fuse_buf_size(in);
    if (in->count == 1 && (in->buf[0].flags & FUSE_BUF_IS_FD) == 0) {
        return std::span(static_cast<const std::byte*>(in->buf[0].mem) + in->off, size);
    }
    const auto buffer = thread_buffer(size);
    fuse_bufvec out = FUSE_BUFVEC_INIT(size);
    out.buf[0].mem = buffer.data();
    const ssize_t copied = fuse_buf_copy(&out, in, static_cast<fuse_buf_copy_flags>(0));
    if (copied < 0) return fail_errno(static_cast<int>(-copied), "cannot read a write request");
    return std::span<const std::byte>(buffer.first(static_cast<std::size_t>(copied)));
}

void write_buf(fuse_req_t req, fuse_ino_t, fuse_bufvec* in, off_t offset, fuse_file_info* fi) {
    const auto bytes = bytes_of(in);
    if (!bytes) return reply_error(req, bytes.error());
    const Status written = filesystem(req).write(caller_of(req), handle_of(fi), offset_of(offset), *bytes);
    if (!written) return reply_error(req, written.error());
    fuse_reply_write(req, bytes->size());
}

void flush(fuse_req_t req, fuse_ino_t, fuse_file_info* fi) {
    reply(req, filesystem(req).flush(handle_of(fi)));
}

void release(fuse_req_t req, fuse_ino_t, fuse_file_info* fi) {
    filesystem(req).release(handle_of(fi));
    fuse_reply_err(req, 0);
}

void fsync(fuse_req_t req, fuse_ino_t, int, fuse_file_info* fi) {
    reply(req, filesystem(req).fsync(handle_of(fi)));
}

void fallocate(fuse_req_t req, fuse_ino_t, int mode, off_t offset, off_t length, fuse_file_info* fi) {
    reply(req, filesystem(req).fallocate(caller_of(req), handle_of(fi), mode, offset_of(offset), offset_of(length)));
}

void lseek(fuse_req_t req, fuse_ino_t, off_t offset, int whence, fuse_file_info* fi) {
    const auto found = filesystem(req).lseek(handle_of(fi), offset_of(offset), whence);
    if (!found) return reply_error(req, found.error());
    fuse_reply_lseek(req, static_cast<off_t>(*found));
}

void copy_file_range(fuse_req_t req, fuse_ino_t, off_t from_offset, fuse_file_info* from, fuse_ino_t,
                     off_t to_offset, fuse_file_info* to, std::size_t length, int) {
    const auto copied = filesystem(req).copy_file_range(caller_of(req), handle_of(from), offset_of(from_offset),
                                                        handle_of(to), offset_of(to_offset), length);
    if (!copied) return reply_error(req, copied.error());
    fuse_reply_write(req, *copied);
}

void ioctl(fuse_req_t req, fuse_ino_t, unsigned, void*, fuse_file_info*, unsigned, const void*, std::size_t,
           std::size_t) {
    fuse_reply_err(req, ENOTTY);
}

}  // namespace

void add_file_handlers(fuse_lowlevel_ops& ops) {
    ops.open = guarded<open, Request::open>;
    ops.create = guarded<create, Request::create>;
    ops.read = guarded<read, Request::read>;
    ops.write_buf = guarded<write_buf, Request::write>;
    ops.flush = guarded<flush, Request::flush>;
    ops.release = guarded<release, Request::release>;
    ops.fsync = guarded<fsync, Request::fsync>;
    ops.fallocate = guarded<fallocate, Request::fallocate>;
    ops.lseek = guarded<lseek, Request::lseek>;
    ops.copy_file_range = guarded<copy_file_range, Request::copy_file_range>;
    ops.ioctl = guarded<ioctl, Request::ioctl>;
}

}  // namespace asterope::fs::fuse

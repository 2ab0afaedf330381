#include <algorithm>

#include "fs/filesystem.h"

namespace asterope::fs {
namespace {

/// Memory that one copy_file_range takes, and the most that one request copies: the kernel can be interrupted
/// between requests.
constexpr std::size_t kCopyBufferBytes = 1u << 20;
constexpr std::size_t kCopyRequestBytes = 64u << 20;

}  // namespace

Result<Opened> FileSystem::open(const Caller& caller, NodeId node, int flags) {
    if (is_view_tree_node(node)) return fail(Errc::is_dir);
    auto opened = ASTEROPE_TRY(views_.find(node))->open(caller, own(node), flags);
    if (opened) opened->handle = in_view(view_of(node), opened->handle);
    return opened;
}

Result<Created> FileSystem::create(const Caller& caller, NodeId dir, std::string_view name,
                                   std::uint32_t mode, int flags) {
    Opened opened;
    const Entry entry = ASTEROPE_TRY(make(dir, [&](View& view) -> Result<Entry> {
        const Created created = ASTEROPE_TRY(view.create(caller, own(dir), name, mode, flags));
        opened = created.opened;
        return created.entry;
    }));
    opened.handle = in_view(view_of(dir), opened.handle);
    return Created{entry, opened};
}

Result<std::size_t> FileSystem::read(const Caller& caller, HandleId handle, std::uint64_t offset,
                                     std::span<std::byte> buffer) {
    return ASTEROPE_TRY(views_.find(handle))->read(caller, own(handle), offset, buffer);
}

std::shared_ptr<OpenFile> FileSystem::backed_file(HandleId handle) {
    const auto view = views_.find(handle);
    if (!view) return nullptr;
    auto open = (*view)->open_file(own(handle));
    if (!open || !(*open)->file->backing_fd()) return nullptr;
    return *open;
}

Status FileSystem::write(const Caller& caller, HandleId handle, std::uint64_t offset,
                         std::span<const std::byte> bytes) {
    return ASTEROPE_TRY(views_.find(handle))->write(caller, own(handle), offset, bytes);
}

Status FileSystem::flush(HandleId handle) {
    return ASTEROPE_TRY(views_.find(handle))->flush(own(handle));
}

Status FileSystem::fsync(HandleId handle) {
    return ASTEROPE_TRY(views_.find(handle))->fsync(own(handle));
}

void FileSystem::release(HandleId handle) {
    if (const auto view = views_.find(handle)) (*view)->release(own(handle));
}

Status FileSystem::fallocate(const Caller& caller, HandleId handle, int mode, std::uint64_t offset,
                             std::uint64_t length) {
    return ASTEROPE_TRY(views_.find(handle))->fallocate(caller, own(handle), mode, offset, length);
}

Result<std::uint64_t> FileSystem::lseek(HandleId handle, std::uint64_t offset, int whence) {
    return ASTEROPE_TRY(views_.find(handle))->lseek(own(handle), offset, whence);
}

Result<std::size_t> FileSystem::copy_file_range(const Caller& caller, HandleId from, std::uint64_t from_offset,
                                                HandleId to, std::uint64_t to_offset, std::size_t length) {
    const auto source = ASTEROPE_TRY(views_.find(from))->open_file(own(from));
    const auto view = ASTEROPE_TRY(views_.find(to));
    const auto target = view->open_file(own(to));
    if (!source || !target)
        return fail(Errc::cross_device);  // a control file: the kernel then copies by itself
    ASTEROPE_TRY_STATUS(view->drop_privileges(caller, **target));
    const std::size_t wanted = std::min(length, kCopyRequestBytes);
    std::vector<std::byte> buffer(std::min(wanted, kCopyBufferBytes));
    std::size_t done = 0;
    while (done < wanted) {
        const auto piece = std::span(buffer).first(std::min(buffer.size(), wanted - done));
        const std::size_t got = ASTEROPE_TRY((*source)->file->read(from_offset + done, piece));
        if (got == 0) break;
        const Status written = (*target)->file->write(to_offset + done, piece.first(got));
        if (!written && done == 0) return Unexpected(written.error());
        if (!written) break;  // what was copied counts; the next request meets the error
        done += got;
    }
    return done;
}

}  // namespace asterope::fs

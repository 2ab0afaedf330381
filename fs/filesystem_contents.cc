#include <fcntl.h>

#include <algorithm>

#include "fs/filesystem.h"

namespace asterope::fs {
namespace {

/// Memory that one copy_file_range takes, and the most that one request copies: the kernel can be interrupted between requests.
constexpr std::size_t kCopyBufferBytes = 1u << 20;
constexpr std::size_t kCopyRequestBytes = 64u << 20;

OpenMode open_mode(int flags) {
    switch (flags & O_ACCMODE) {
        case O_RDONLY:
            return OpenMode::read;
        case O_WRONLY:
            return OpenMode::write;
        default:
            return OpenMode::read_write;
    }
}

bool is_control(HandleId handle) {
    return (raw_handle(handle) & 1) != 0;
}

}  // namespace

Result<Opened> FileSystem::open_file(NodeId node, int flags) {
    const OpenOptions options{open_mode(flags), (flags & O_TRUNC) != 0};
    auto file = ASTEROPE_TRY(volume_.open(node, options));
    const HandleId id = files_.add({node, options.mode, std::move(file)});
    return Opened{id, false, options.mode == OpenMode::read};
}

Result<Opened> FileSystem::open(const Caller& caller, NodeId node, int flags) {
    if (is_query_node(node)) {
        if (open_mode(flags) != OpenMode::read || (flags & O_TRUNC) != 0) return fail(Errc::read_only);
        const HandleId id = controls_.add(ASTEROPE_TRY(query_.open(caller, node)));
        return Opened{id, true, true};
    }
    // The kernel leaves the bits to us when it truncates by OPEN.
    if ((flags & O_TRUNC) != 0) ASTEROPE_TRY_STATUS(tree_.drop_suid(caller, node));
    return open_file(node, flags);
}

Result<Created> FileSystem::create(const Caller& caller, NodeId dir, std::string_view name,
                                   std::uint32_t mode, int flags) {
    if (is_query_node(dir)) return fail(Errc::read_only);
    auto made = tree_.make(caller, dir, name, {.type = NodeType::file, .mode = mode});
    const bool lost_race = !made && made.error().code == Errc::exists && (flags & O_EXCL) == 0;
    if (!lost_race) {
        const Entry entry = ASTEROPE_TRY(std::move(made));
        return Created{entry, ASTEROPE_TRY(open_file(entry.attr.node, flags))};
    }
    const Entry entry = ASTEROPE_TRY(tree_.lookup(dir, name));
    const Opened opened = ASTEROPE_TRY(open(caller, entry.attr.node, flags));
    return Created{tree_.entry(ASTEROPE_TRY(volume_.getattr(entry.attr.node))), opened};
}

Result<std::size_t> FileSystem::read(const Caller& caller, HandleId handle, std::uint64_t offset,
                                     std::span<std::byte> buffer) {
    if (is_control(handle)) return ASTEROPE_TRY(controls_.find(handle))->read(caller, offset, buffer);
    return ASTEROPE_TRY(files_.find(handle))->file->read(offset, buffer);
}

std::shared_ptr<OpenFile> FileSystem::backed_file(HandleId handle) {
    if (is_control(handle)) return nullptr;
    auto open = files_.find(handle);
    if (!open || !(*open)->file->backing_fd()) return nullptr;
    return *open;
}

Status FileSystem::write(HandleId handle, std::uint64_t offset, std::span<const std::byte> bytes) {
    if (is_control(handle)) return fail(Errc::bad_handle);
    return ASTEROPE_TRY(files_.find(handle))->file->write(offset, bytes);
}

Status FileSystem::flush(HandleId handle) {
    if (is_control(handle)) return {};
    const auto open = ASTEROPE_TRY(files_.find(handle));
    if (open->mode == OpenMode::read) return {};
    return open->file->commit(Durability::none);
}

Status FileSystem::fsync(HandleId handle) {
    if (is_control(handle)) return {};
    return ASTEROPE_TRY(files_.find(handle))->file->commit(Durability::sync);
}

void FileSystem::release(HandleId handle) {
    if (is_control(handle)) {
        controls_.remove(handle);
    } else {
        files_.remove(handle);
    }
}

void FileSystem::close_all() {
    dirs_.clear();
    controls_.clear();
    files_.clear();
}

Status FileSystem::fallocate(HandleId handle, int mode, std::uint64_t offset, std::uint64_t length) {
    if (is_control(handle)) return fail(Errc::bad_handle);
    return ASTEROPE_TRY(files_.find(handle))->file->allocate(mode, offset, length);
}

Result<std::uint64_t> FileSystem::lseek(HandleId handle, std::uint64_t offset, int whence) {
    if (is_control(handle)) return fail(Errc::invalid);
    return ASTEROPE_TRY(files_.find(handle))->file->seek(offset, whence);
}

Result<std::size_t> FileSystem::copy_file_range(HandleId from, std::uint64_t from_offset, HandleId to,
                                                std::uint64_t to_offset, std::size_t length) {
    if (is_control(from) || is_control(to))
        return fail(Errc::cross_device);  // the kernel then copies by itself
    const auto source = ASTEROPE_TRY(files_.find(from));
    const auto target = ASTEROPE_TRY(files_.find(to));
    const std::size_t wanted = std::min(length, kCopyRequestBytes);
    std::vector<std::byte> buffer(std::min(wanted, kCopyBufferBytes));
    std::size_t done = 0;
    while (done < wanted) {
        const auto piece = std::span(buffer).first(std::min(buffer.size(), wanted - done));
        const std::size_t got = ASTEROPE_TRY(source->file->read(from_offset + done, piece));
        if (got == 0) break;
        const Status written = target->file->write(to_offset + done, piece.first(got));
        if (!written && done == 0) return Unexpected(written.error());
        if (!written) break;  // what was copied counts; the next request meets the error
        done += got;
    }
    return done;
}

}  // namespace asterope::fs

#include <fcntl.h>
#include <sys/stat.h>

#include "fs/view.h"

namespace asterope::fs {
namespace {

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

Result<Opened> View::open_real(NodeId node, int flags) {
    const OpenOptions options{open_mode(flags), (flags & O_TRUNC) != 0};
    auto file = ASTEROPE_TRY(volume_->open(node, options));
    const Attr attr = ASTEROPE_TRY(file->getattr());
    // The kernel does not take suid from what it writes without us.
    const bool has_suid = (attr.mode & (S_ISUID | S_ISGID)) != 0;
    const auto backing_id = ASTEROPE_TRY(passed_through_.opened(node, *file, !has_suid));
    const ContentStamp stamp = ContentStamp::of(attr);
    const HandleId id = files_.add(std::make_shared<OpenFile>(volume_, node, options.mode, std::move(file), stamp));
    return Opened{.handle = id,
                  .keep_cache = !backing_id && (options_.is_watched || kept_pages_.are_of(node, stamp)),
                  .no_flush = options.mode == OpenMode::read,
                  .backing_id = backing_id};
}

Result<Opened> View::open(const Caller& caller, NodeId node, int flags) {
    if (is_query_node(node)) {
        if (open_mode(flags) != OpenMode::read || (flags & O_TRUNC) != 0) return fail(Errc::read_only);
        const HandleId id = controls_.add(ASTEROPE_TRY(query_.open(caller, node)));
        return Opened{.handle = id, .direct_io = true, .no_flush = true};
    }
    if ((flags & O_TRUNC) != 0) ASTEROPE_TRY(tree_.drop_privileges(caller, node));
    return open_real(node, flags);
}

Result<Created> View::create(const Caller& caller, NodeId dir, std::string_view name, std::uint32_t mode,
                             int flags) {
    if (is_query_node(dir)) return fail(Errc::read_only);
    auto made = tree_.make(caller, dir, name, {.type = NodeType::file, .mode = mode});
    const bool lost_race = !made && made.error().code == Errc::exists && (flags & O_EXCL) == 0;
    if (!lost_race) {
        const Entry entry = ASTEROPE_TRY(std::move(made));
        return Created{entry, ASTEROPE_TRY(open_real(entry.attr.node, flags))};
    }
    const Entry entry = ASTEROPE_TRY(tree_.lookup(dir, name));
    const Opened opened = ASTEROPE_TRY(open(caller, entry.attr.node, flags));
    return Created{tree_.entry(ASTEROPE_TRY(volume_->getattr(entry.attr.node))), opened};
}

Result<std::size_t> View::read(const Caller& caller, HandleId handle, std::uint64_t offset,
                               std::span<std::byte> buffer) {
    if (is_control(handle)) return ASTEROPE_TRY(controls_.find(handle))->read(caller, offset, buffer);
    return ASTEROPE_TRY(files_.find(handle))->file->read(offset, buffer);
}

Result<std::shared_ptr<OpenFile>> View::open_file(HandleId handle) const {
    if (is_control(handle)) return fail(Errc::bad_handle);
    return files_.find(handle);
}

Status View::write(const Caller& caller, HandleId handle, std::uint64_t offset,
                   std::span<const std::byte> bytes) {
    const auto open = ASTEROPE_TRY(open_file(handle));
    ASTEROPE_TRY_STATUS(drop_privileges(caller, *open));
    return open->file->write(offset, bytes);
}

Status View::drop_privileges(const Caller& caller, OpenFile& open) {
    if (open.is_unprivileged) return {};
    open.is_unprivileged = true;  // before looking, so that what is gained meanwhile counts
    const auto dropped = tree_.drop_privileges(caller, open.node);
    if (!dropped || *dropped == Privileges::some_kept) open.is_unprivileged = false;
    return dropped ? Status() : Unexpected(dropped.error());
}

Status View::flush(HandleId handle) {
    if (is_control(handle)) return {};
    const auto open = ASTEROPE_TRY(files_.find(handle));
    if (open->mode == OpenMode::read) return {};
    return open->file->commit(Durability::none);
}

Status View::fsync(HandleId handle) {
    if (is_control(handle)) return {};
    return ASTEROPE_TRY(files_.find(handle))->file->commit(Durability::sync);
}

void View::release(HandleId handle) {
    if (is_control(handle)) {
        controls_.remove(handle);
    } else {
        if (const auto open = files_.find(handle)) {
            kept_pages_.opened((*open)->node, (*open)->opened_as);
            passed_through_.closed((*open)->node);  // before the volume closes the file: until then it lends the same
        }
        files_.remove(handle);
    }
}

void View::close_all() {
    dirs_.clear();
    controls_.clear();
    files_.clear();
}

Status View::fallocate(const Caller& caller, HandleId handle, int mode, std::uint64_t offset,
                       std::uint64_t length) {
    const auto open = ASTEROPE_TRY(open_file(handle));
    ASTEROPE_TRY_STATUS(drop_privileges(caller, *open));
    return open->file->allocate(mode, offset, length);
}

Result<std::uint64_t> View::lseek(HandleId handle, std::uint64_t offset, int whence) {
    if (is_control(handle)) return fail(Errc::invalid);
    return ASTEROPE_TRY(files_.find(handle))->file->seek(offset, whence);
}

}  // namespace asterope::fs

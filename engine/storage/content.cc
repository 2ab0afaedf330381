#include "engine/storage/content.h"

#include <sys/stat.h>

#include "engine/core/limits.h"
#include "engine/storage/file_copy.h"
#include "engine/storage/file_status.h"

namespace asterope::storage {

using kv::Table;

Status Content::load(const NodeRecord& record) {
    if (is_lent()) return show_to_holders(record);
    take_over(record);
    blob_fd_ = Descriptor();
    staged_ = StagedFile();
    if (kind_ == ContentKind::blob) blob_fd_ = ASTEROPE_TRY(rooms_.blobs.open(blob_, !rooms_.scope.is_read_only()));
    return {};
}

void Content::take_over(const NodeRecord& record) {
    kind_ = record.content;
    blob_ = record.blob;
    size_ = record.attr.size;
    is_written_in_place_ = false;
    dirty_ = false;
}

/// In a view of the latest commits: takes over what others have committed. A removed file stays as it was.
Status Content::follow_locked() {
    if (!rooms_.scope.follows_others() || staged_ || dirty_) return {};
    return rooms_.scope.exclusively([this](const View& view) -> Status {
        const auto record = view.node(node_);
        if (!record) return record.error().code == Errc::not_found ? Status{} : Status(Unexpected(record.error()));
        if (record->content != kind_ || record->blob != blob_ || !has_file()) ASTEROPE_TRY_STATUS(load(*record));
        if (kind_ == ContentKind::inlined) followed_bytes_ = ASTEROPE_TRY(view.inline_content(node_));
        return {};
    });
}

Result<std::string> Content::inline_bytes() const {
    if (rooms_.scope.follows_others()) return followed_bytes_;
    const auto now = rooms_.scope.now();
    return View(*now).inline_content(node_);
}

void Content::mark_dirty(Timestamp at) {
    written_ns_ = at.seconds * 1'000'000'000 + at.nanoseconds;
    written_by_ = OriginScope::current();
    dirty_ = true;
}

Result<std::size_t> Content::read(std::uint64_t offset, std::span<std::byte> buffer) {
    if (offset > limits::kFileBytes) return fail(Errc::invalid);
    if (rooms_.scope.follows_others()) {
        const auto alone = lock();
        ASTEROPE_TRY_STATUS(follow_locked());
        return read_locked(offset, buffer);
    }
    const std::shared_lock together(mutex_);
    return read_locked(offset, buffer);
}

Result<std::size_t> Content::read_locked(std::uint64_t offset, std::span<std::byte> buffer) const {
    if (has_file()) return read_at(fd(), offset, buffer);
    if (kind_ == ContentKind::empty) return std::size_t{0};
    const std::string bytes = ASTEROPE_TRY(inline_bytes());
    if (offset >= bytes.size()) return std::size_t{0};
    return bytes.copy(reinterpret_cast<char*>(buffer.data()), buffer.size(), offset);
}

bool Content::is_ready_to_change() const {
    return staged_ || lent_for_writing_ || (is_written_in_place_ && rooms_.scope.may_write_in_place(blob_));
}

/// Nobody reads or writes meanwhile; but whoever reads a lent file keeps on reading that very file.
Status Content::make_ready_to_change() {
    if (is_ready_to_change()) return {};
    if (!blob_fd_ || !rooms_.scope.may_write_in_place(blob_)) return lenders_ > 0 ? leave_copy() : move_to_staged_file();
    // Before the first byte is changed: whoever records a checksum looks at this, and a crash must not leave the old one.
    mark_dirty(Timestamp::now());
    ASTEROPE_TRY_STATUS(forget_checksum());
    is_written_in_place_ = true;
    return {};
}

Status Content::forget_checksum() {
    return rooms_.scope.run([node = node_](Edit& edit) -> Status {
        const std::string key = node_key(node);
        if (!ASTEROPE_TRY(edit.view().reader().get(Table::checksums, key))) return {};
        edit.batch().may_use_reserve();
        edit.batch().erase(Table::checksums, key);
        return {};
    });
}

/// Runs `change` with the file's descriptor, in a file that may be changed.
template <class Change>
Status Content::change_bytes(Change&& change) {
    std::shared_lock together(mutex_);
    while (!is_ready_to_change()) {
        together.unlock();
        {
            const auto alone = lock();
            ASTEROPE_TRY_STATUS(follow_locked());
            ASTEROPE_TRY_STATUS(make_ready_to_change());
        }
        together.lock();
    }
    Status changed = change(fd());
    mark_dirty(Timestamp::now());
    return changed;
}

Status Content::move_to_staged_file() {
    StagedFile staged = ASTEROPE_TRY(StagedFile::create(rooms_.blobs));
    if (kind_ == ContentKind::inlined) {
        const std::string bytes = ASTEROPE_TRY(inline_bytes());
        ASTEROPE_TRY_STATUS(write_at(staged.fd(), 0, std::as_bytes(std::span(bytes))));
    }
    if (blob_fd_) ASTEROPE_TRY_STATUS(copy_file(blob_fd_.get(), staged.fd()));
    staged_ = std::move(staged);
    return {};
}

Status Content::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset > limits::kFileBytes || bytes.size() > limits::kFileBytes - offset) return fail(Errc::file_too_large);
    return change_bytes([&](int fd) { return write_at(fd, offset, bytes); });
}

Status Content::truncate(std::uint64_t size) {
    if (size > limits::kFileBytes) return fail(Errc::file_too_large);
    return change_bytes([&](int fd) -> Status {
        if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return fail_errno(errno, "truncating");
        return {};
    });
}

Status Content::replace() {
    const auto alone = lock();
    if (is_lent()) ASTEROPE_TRY_STATUS(make_ready_to_change());
    if (staged_ || is_lent()) {
        if (::ftruncate(fd(), 0) != 0) return fail_errno(errno, "truncating");
    } else {
        staged_ = ASTEROPE_TRY(StagedFile::create(rooms_.blobs));
    }
    mark_dirty(Timestamp::now());
    return {};
}

Status Content::allocate(int mode, std::uint64_t offset, std::uint64_t length) {
    if (length == 0 || offset > limits::kFileBytes) return fail(Errc::invalid);
    if (length > limits::kFileBytes - offset) return fail(Errc::file_too_large);
    return change_bytes([&](int fd) -> Status {
        if (::fallocate(fd, mode, static_cast<off_t>(offset), static_cast<off_t>(length)) != 0)
            return fail_errno(errno, "fallocate");
        return {};
    });
}

Result<std::uint64_t> Content::seek(std::uint64_t offset, int whence) {
    const auto alone = lock();
    ASTEROPE_TRY_STATUS(follow_locked());
    if (has_file()) {
        const off_t found = ::lseek(fd(), static_cast<off_t>(offset), whence);
        if (found < 0) return fail_errno(errno, "seeking");
        return static_cast<std::uint64_t>(found);
    }
    if (offset >= size_) return fail_errno(ENXIO, "seeking");
    return whence == SEEK_DATA ? offset : size_;
}

Result<Attr> Content::getattr() const {
    const std::shared_lock together(mutex_);  // no commit comes between the record and the file
    const auto now = rooms_.scope.now();
    Attr attr = ASTEROPE_TRY(View(*now).node(node_)).attr;
    if (!has_file() || !is_changed()) return attr;
    const auto status = status_of(fd());
    if (!status) return attr;
    attr.size = status->size;
    attr.blocks = staged_ && status->size <= kInlineBytes ? inline_blocks(status->size) : status->blocks;
    attr.mtime = changed_at(*status);
    attr.ctime = std::max(attr.ctime, attr.mtime);
    return attr;
}

bool Content::is_new_and_dirty() const {
    const std::shared_lock together(mutex_);
    return staged_ && kind_ == ContentKind::empty && is_changed();
}

bool Content::is_replacing() const {
    const std::shared_lock together(mutex_);
    return staged_ && kind_ != ContentKind::empty;
}

std::optional<int> Content::backing_fd() const {
    const std::shared_lock together(mutex_);
    return has_file() ? std::optional(fd()) : std::nullopt;
}

}  // namespace asterope::storage

#include "engine/storage/content.h"

#include <sys/stat.h>

#include "engine/core/limits.h"
#include "engine/storage/file_status.h"

namespace asterope::storage {

using kv::Table;

Status purge(Edit& edit, NodeId node) {
    edit.batch().may_use_reserve();
    NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
    ASTEROPE_TRY_STATUS(edit.set_document(*record, ASTEROPE_TRY(edit.view().document(node)), Document()));
    for (const std::string& name : ASTEROPE_TRY(edit.view().attribute_names(node)))
        edit.batch().erase(Table::attrs, attr_key(node, name));
    if (record->content == ContentKind::inlined) edit.batch().erase(Table::inline_contents, node_key(node));
    if (record->content == ContentKind::blob) edit.drop_blob(record->blob);
    edit.batch().erase(Table::orphans, orphan_key(node));
    edit.drop_node(node);
    return {};
}

void set_inline_content(Edit& edit, NodeRecord& record, std::string_view bytes) {
    const std::string key = node_key(record.attr.node);
    if (record.content == ContentKind::blob) edit.drop_blob(record.blob);
    if (!bytes.empty())
        edit.batch().put(Table::inline_contents, key, bytes);
    else if (record.content == ContentKind::inlined)
        edit.batch().erase(Table::inline_contents, key);
    record.content = bytes.empty() ? ContentKind::empty : ContentKind::inlined;
    record.blob = BlobId{};
    record.attr.size = bytes.size();
    record.attr.blocks = (bytes.size() + 511) / 512;
}

void set_blob_content(Edit& edit, NodeRecord& record, BlobId blob, std::uint64_t size, std::uint64_t blocks) {
    if (record.content == ContentKind::blob) edit.drop_blob(record.blob);
    if (record.content == ContentKind::inlined) edit.batch().erase(Table::inline_contents, node_key(record.attr.node));
    edit.batch().refers_to(blob);
    record.content = ContentKind::blob;
    record.blob = blob;
    record.attr.size = size;
    record.attr.blocks = blocks;
}

Status Content::load(const NodeRecord& record) {
    const auto alone = lock();
    return reload(record);
}

Status Content::reload(const NodeRecord& record) {
    kind_ = record.content;
    blob_ = record.blob;
    inline_size_ = record.attr.size;
    fd_ = Descriptor();
    staged_ = false;
    dirty_ = false;
    if (kind_ == ContentKind::blob) fd_ = ASTEROPE_TRY(rooms_.blobs.open(blob_, true));
    return {};
}

void Content::mark_dirty() {
    const Timestamp now = Timestamp::now();
    written_ns_ = now.seconds * 1'000'000'000 + now.nanoseconds;
    dirty_ = true;
}

Timestamp Content::written_at() const {
    const std::int64_t ns = written_ns_;
    return {ns / 1'000'000'000, static_cast<std::uint32_t>(ns % 1'000'000'000)};
}

Result<std::size_t> Content::read(std::uint64_t offset, std::span<std::byte> buffer) {
    if (offset > limits::kFileBytes) return fail(Errc::invalid);
    const std::shared_lock together(mutex_);
    if (fd_) return read_at(fd_.get(), offset, buffer);
    if (kind_ == ContentKind::empty) return std::size_t{0};
    const auto snapshot = rooms_.store.snapshot();
    const auto bytes = ASTEROPE_TRY(snapshot->get(Table::inline_contents, node_key(node_)));
    if (!bytes) return fail(Errc::corrupt, "content of node " + std::to_string(raw(node_)) + " is missing");
    if (offset >= bytes->size()) return std::size_t{0};
    const auto part = bytes->substr(offset, buffer.size());
    part.copy(reinterpret_cast<char*>(buffer.data()), part.size());
    return part.size();
}

Status Content::ensure_descriptor() {
    {
        const std::shared_lock together(mutex_);
        if (fd_) return {};
    }
    const auto alone = lock();
    return fd_ ? Status{} : move_to_staged_file();
}

Status Content::move_to_staged_file() {
    Descriptor staged = ASTEROPE_TRY(rooms_.blobs.stage());
    if (kind_ == ContentKind::inlined) {
        const auto snapshot = rooms_.store.snapshot();
        const std::string bytes = ASTEROPE_TRY(View(*snapshot).inline_content(node_));
        ASTEROPE_TRY_STATUS(write_at(staged.get(), 0, std::as_bytes(std::span(bytes))));
    }
    fd_ = std::move(staged);
    staged_ = true;
    return {};
}

Status Content::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset > limits::kFileBytes || bytes.size() > limits::kFileBytes - offset) return fail(Errc::file_too_large);
    ASTEROPE_TRY_STATUS(ensure_descriptor());
    const std::shared_lock together(mutex_);
    Status written = write_at(fd_.get(), offset, bytes);
    mark_dirty();
    return written;
}

Status Content::truncate(std::uint64_t size) {
    if (size > limits::kFileBytes) return fail(Errc::file_too_large);
    ASTEROPE_TRY_STATUS(ensure_descriptor());
    const std::shared_lock together(mutex_);
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return fail_errno(errno, "truncating");
    mark_dirty();
    return {};
}

Status Content::replace() {
    const auto alone = lock();
    if (staged_) {
        if (::ftruncate(fd_.get(), 0) != 0) return fail_errno(errno, "truncating");
    } else {
        fd_ = ASTEROPE_TRY(rooms_.blobs.stage());
        staged_ = true;
    }
    mark_dirty();
    return {};
}

Status Content::allocate(int mode, std::uint64_t offset, std::uint64_t length) {
    if (length == 0 || offset > limits::kFileBytes) return fail(Errc::invalid);
    if (length > limits::kFileBytes - offset) return fail(Errc::file_too_large);
    ASTEROPE_TRY_STATUS(ensure_descriptor());
    const std::shared_lock together(mutex_);
    if (::fallocate(fd_.get(), mode, static_cast<off_t>(offset), static_cast<off_t>(length)) != 0)
        return fail_errno(errno, "fallocate");
    mark_dirty();
    return {};
}

Result<std::uint64_t> Content::seek(std::uint64_t offset, int whence) {
    const std::shared_lock together(mutex_);
    if (fd_) {
        const off_t found = ::lseek(fd_.get(), static_cast<off_t>(offset), whence);
        if (found < 0) return fail_errno(errno, "seeking");
        return static_cast<std::uint64_t>(found);
    }
    if (offset >= inline_size_) return fail_errno(ENXIO, "seeking");
    return whence == SEEK_DATA ? offset : inline_size_;
}

void Content::overlay(Attr& attr) const {
    const std::shared_lock together(mutex_);
    if (!dirty_ || !fd_) return;
    const auto status = status_of(fd_.get());
    if (!status) return;
    attr.size = status->size;
    attr.blocks = status->blocks;
    attr.mtime = written_at();
    attr.ctime = std::max(attr.ctime, attr.mtime);
}

bool Content::is_new_and_dirty() const {
    const std::shared_lock together(mutex_);
    return dirty_ && staged_ && kind_ == ContentKind::empty;
}

std::optional<int> Content::backing_fd() const {
    const std::shared_lock together(mutex_);
    return fd_ ? std::optional(fd_.get()) : std::nullopt;
}

}  // namespace asterope::storage

#include "engine/storage/content.h"
#include "engine/storage/file_status.h"

namespace asterope::storage {
namespace {

/// What every commit of content does to the record besides the content itself. False: the node has no name any more,
/// so nothing of it is kept.
bool stamp(Edit& edit, NodeRecord& record, Timestamp written_at) {
    if (record.attr.nlink == 0) return false;
    record.attr.mtime = written_at;
    record.attr.ctime = edit.now();
    ++record.attr.version;
    edit.record(ChangeKind::content, record.attr.node);
    return true;
}

}  // namespace

Status Content::commit(bool last) {
    const auto alone = lock();
    return commit_locked(last);
}

Status Content::commit_locked(bool last) {
    if (dirty_.exchange(false)) {
        Status done;
        if (!staged_) {
            done = commit_in_place();
        } else {
            const auto status = status_of(fd_.get());
            if (!status)
                done = Unexpected(status.error());
            else
                done = status->size <= kInlineBytes ? commit_inline(status->size) : commit_blob();
        }
        if (!done) {
            dirty_ = true;
            return done;
        }
    }
    settle_staged_file(last);
    return {};
}

Status Content::commit_inline(std::uint64_t size) {
    std::string bytes(size, '\0');
    bytes.resize(ASTEROPE_TRY(read_at(fd_.get(), 0, std::as_writable_bytes(std::span(bytes)))));
    ASTEROPE_TRY(rooms_.writer.apply([&](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node_));
        if (stamp(edit, *record, written_at())) set_inline_content(edit, *record, bytes);
        return {};
    }));
    kind_ = bytes.empty() ? ContentKind::empty : ContentKind::inlined;
    inline_size_ = bytes.size();
    blob_ = BlobId{};
    return {};
}

Status Content::commit_blob() {
    // Writeback starts now, so that a later fsync of this or another file seldom waits for it.
    ::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    const FileStatus status = ASTEROPE_TRY(status_of(fd_.get()));
    BlobId blob{};
    const auto committed = rooms_.writer.apply([&](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node_));
        if (!stamp(edit, *record, written_at())) return {};
        blob = BlobId{edit.next_id()};
        ASTEROPE_TRY_STATUS(rooms_.blobs.name_staged(fd_.get(), node_, blob));
        set_blob_content(edit, *record, blob, status.size, status.blocks);
        return {};
    });
    if (!committed) {
        if (raw(blob) != 0) rooms_.blobs.unstage(node_, blob);
        return Unexpected(committed.error());
    }
    if (raw(blob) == 0) return {};  // the node has no name: its content stays a staged file until it is closed
    ASTEROPE_TRY_STATUS(rooms_.blobs.publish(node_, blob));
    kind_ = ContentKind::blob;
    blob_ = blob;
    staged_ = false;
    return {};
}

Status Content::commit_in_place() {
    if (!fd_) return {};
    const FileStatus status = ASTEROPE_TRY(status_of(fd_.get()));
    ASTEROPE_TRY(rooms_.writer.apply([&](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node_));
        if (!stamp(edit, *record, written_at())) return {};
        record->attr.size = status.size;
        record->attr.blocks = status.blocks;
        return {};
    }));
    return {};
}

/// A committed small content needs its staged file no longer, once nobody can write to it.
void Content::settle_staged_file(bool last) {
    if (!last || !staged_) return;
    rooms_.blobs.recycle(std::move(fd_));
    fd_ = Descriptor();
    staged_ = false;
}

Status Content::sync() {
    ASTEROPE_TRY_STATUS(commit(false));
    {
        const std::shared_lock together(mutex_);
        if (fd_ && !staged_ && ::fdatasync(fd_.get()) != 0) return fail_errno(errno, "syncing a blob");
    }
    return rooms_.store.sync(rooms_.store.last_sequence());
}

}  // namespace asterope::storage

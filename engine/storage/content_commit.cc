#include "engine/storage/content.h"
#include "engine/storage/file_status.h"

namespace asterope::storage {
namespace {

/// What every commit of content does to the record besides the content itself. False: the node has no name any more,
/// so nothing of it is kept.
bool stamp(Edit& edit, NodeRecord& record, Timestamp written_at) {
    if (record.attr.nlink == 0) return false;
    record.attr.mtime = written_at;
    // Not the time of the commit: who asked for it after the write must find it again.
    record.attr.ctime = std::max(record.attr.ctime, written_at);
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
    is_written_in_place_ = false;
    if (dirty_.exchange(false)) {
        const OriginScope as(written_by_);
        Status done;
        if (!staged_) {
            done = commit_in_place();
        } else {
            const auto status = status_of(staged_.fd());
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
    drop_staged_file(last);
    return {};
}

Status Content::commit_inline(std::uint64_t size) {
    std::string bytes(size, '\0');
    bytes.resize(ASTEROPE_TRY(read_at(staged_.fd(), 0, std::as_writable_bytes(std::span(bytes)))));
    ASTEROPE_TRY_STATUS(rooms_.scope.run([node = node_, at = written_at(), bytes](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        if (stamp(edit, *record, at)) edit.set_inline_content(*record, bytes);
        return {};
    }));
    kind_ = bytes.empty() ? ContentKind::empty : ContentKind::inlined;
    inline_size_ = bytes.size();
    blob_ = BlobId{};
    blob_fd_ = Descriptor();
    return {};
}

Status Content::commit_blob() {
    // Writeback starts now, so that a later fsync of this or another file seldom waits for it.
    ::sync_file_range(staged_.fd(), 0, 0, SYNC_FILE_RANGE_WRITE);
    const FileStatus status = ASTEROPE_TRY(status_of(staged_.fd()));
    const BlobId blob = ASTEROPE_TRY(staged_.name(node_, BlobId{ASTEROPE_TRY(rooms_.scope.next_id())}));
    const bool kept = ASTEROPE_TRY(rooms_.scope.apply([=, node = node_, at = written_at()](Edit& edit) -> Result<bool> {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        if (!stamp(edit, *record, at)) return false;
        edit.set_blob_content(*record, blob, status.size, status.blocks);
        return true;
    }));
    if (!kept) return {};  // the node has no name: its content stays a staged file until it is closed
    kind_ = ContentKind::blob;
    blob_ = blob;
    blob_fd_ = staged_.hand_over();
    return {};
}

Status Content::commit_in_place() {
    if (!blob_fd_) return {};
    const FileStatus status = ASTEROPE_TRY(status_of(blob_fd_.get()));
    return rooms_.scope.run([=, node = node_, blob = blob_, at = written_at()](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        if (!stamp(edit, *record, at)) return {};
        edit.batch().refers_to(blob);  // its new bytes may not be durable yet
        record->attr.size = status.size;
        record->attr.blocks = status.blocks;
        ++record->content_version;
        return {};
    });
}

/// A committed small content needs its staged file no longer, once nobody can write to it.
void Content::drop_staged_file(bool last) {
    if (last) staged_ = StagedFile();
}

Status Content::settle() {
    const auto alone = lock();
    is_written_in_place_ = false;
    if (staged_ || !dirty_.exchange(false)) return {};
    const OriginScope as(written_by_);
    Status done = commit_in_place();
    if (!done) dirty_ = true;
    return done;
}

Status Content::sync() {
    ASTEROPE_TRY_STATUS(commit(false));
    {
        const std::shared_lock together(mutex_);
        if (!staged_ && blob_fd_ && ::fdatasync(blob_fd_.get()) != 0) return fail_errno(errno, "syncing a blob");
    }
    return rooms_.scope.sync();
}

}  // namespace asterope::storage

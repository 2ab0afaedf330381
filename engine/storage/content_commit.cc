#include "engine/core/suid.h"
#include "engine/storage/content.h"
#include "engine/storage/file_users.h"

namespace asterope::storage {
namespace {

/// What every commit of content does to the record besides the content itself. False: the node has no name any more,
/// so nothing of it is kept.
bool stamp(Edit& edit, NodeRecord& record, Timestamp written_at, bool by_others) {
    if (record.attr.nlink == 0) return false;
    // The kernel does not take suid from a file that it writes to without us. A commit comes before every change of the mode,
    // so what is committed later was written later.
    if (by_others) record.attr.mode = without_suid(record.attr.mode);
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
    const bool is_ours = last && lenders_ == 0 && !(lent_for_writing_ && is_used_elsewhere(fd()));
    // Two changes within a tick of an older kernel's clock look like one; of a file that goes, nothing may be missed.
    if (is_ours && lent_for_writing_ && differs_from_index()) mark_dirty(Timestamp::now());
    if (is_changed()) ASTEROPE_TRY_STATUS(commit_changes());
    if (!is_ours) return {};
    lent_for_writing_ = false;
    staged_ = StagedFile();  // a committed small content needs it no longer, as nobody can write to it
    return {};
}

Status Content::commit_changes() {
    if (!has_file()) return {};
    const FileStatus status = ASTEROPE_TRY(status_of(fd()));
    const Timestamp at = changed_at(status);
    // Whoever keeps attributes does not know when others write to what they have mapped.
    const OriginScope as(is_written_by_others(status) ? Origin::unknown : written_by_.load());
    dirty_ = false;
    Status done;
    if (!staged_)
        done = commit_in_place(status, at);
    else
        done = status.size <= kInlineBytes ? commit_inline(status, at) : commit_blob(status, at);
    if (done)
        committed_ = status;
    else
        mark_dirty(at);
    return done;
}

Status Content::commit_inline(const FileStatus& status, Timestamp at) {
    std::string bytes(status.size, '\0');
    bytes.resize(ASTEROPE_TRY(read_at(staged_.fd(), 0, std::as_writable_bytes(std::span(bytes)))));
    ASTEROPE_TRY_STATUS(rooms_.scope.run([=, node = node_, lent = lent_for_writing_.load()](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        if (stamp(edit, *record, at, lent)) edit.set_inline_content(*record, bytes);
        return {};
    }));
    kind_ = bytes.empty() ? ContentKind::empty : ContentKind::inlined;
    size_ = bytes.size();
    blob_ = BlobId{};
    blob_fd_ = Descriptor();
    return {};
}

Status Content::commit_blob(const FileStatus& status, Timestamp at) {
    // Writeback starts now, so that a later fsync of this or another file seldom waits for it.
    ::sync_file_range(staged_.fd(), 0, 0, SYNC_FILE_RANGE_WRITE);
    const BlobId blob = ASTEROPE_TRY(staged_.name(node_, BlobId{ASTEROPE_TRY(rooms_.scope.next_id())}));
    const auto commit = [=, node = node_, lent = lent_for_writing_.load()](Edit& edit) -> Result<bool> {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        if (!stamp(edit, *record, at, lent)) return false;
        edit.set_blob_content(*record, blob, status.size, status.blocks);
        return true;
    };
    // A node without a name keeps a staged file until it is closed.
    if (!ASTEROPE_TRY(rooms_.scope.apply(commit))) return {};
    kind_ = ContentKind::blob;
    blob_ = blob;
    size_ = status.size;
    blob_fd_ = staged_.hand_over();
    return {};
}

Status Content::commit_in_place(const FileStatus& status, Timestamp at) {
    ASTEROPE_TRY_STATUS(rooms_.scope.run([=, node = node_, blob = blob_, lent = lent_for_writing_.load()](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        if (!stamp(edit, *record, at, lent)) return {};
        edit.batch().refers_to(blob);  // its new bytes may not be durable yet
        record->attr.size = status.size;
        record->attr.blocks = status.blocks;
        ++record->content_version;
        return {};
    }));
    size_ = status.size;
    return {};
}

Status Content::settle() {
    const auto alone = lock();
    is_written_in_place_ = false;
    return staged_ || !is_changed() ? Status{} : commit_changes();
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

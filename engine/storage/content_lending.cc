#include <unistd.h>

#include <vector>

#include "engine/storage/content.h"

/// What differs while others read and write the file without telling: engine/DESIGN.md, "Lent files".
namespace asterope::storage {
namespace {

constexpr std::size_t kCopyBytes = 1u << 20;

/// Makes `to`, which others may have mapped, equal to `from` without ever making it shorter than both.
Status overwrite(int from, int to) {
    std::vector<std::byte> buffer(kCopyBytes);
    std::uint64_t at = 0;
    for (std::size_t got = 1; got != 0; at += got) {
        got = ASTEROPE_TRY(read_at(from, at, buffer));
        ASTEROPE_TRY_STATUS(write_at(to, at, std::span(buffer).first(got)));
    }
    if (::ftruncate(to, static_cast<off_t>(at)) != 0) return fail_errno(errno, "truncating");
    return {};
}

}  // namespace

Result<std::optional<int>> Content::lend(bool for_writing) {
    const auto alone = lock();
    if (for_writing && !lent_for_writing_) ASTEROPE_TRY_STATUS(begin_lending_for_writing());
    if (!has_file()) return std::nullopt;
    ++lenders_;
    return fd();
}

Status Content::begin_lending_for_writing() {
    const bool in_place = blob_fd_ && !staged_ && rooms_.scope.may_write_in_place(blob_);
    if (!in_place && !staged_) ASTEROPE_TRY_STATUS(lenders_ > 0 ? leave_copy() : move_to_staged_file());
    committed_ = ASTEROPE_TRY(status_of(fd()));
    lent_at_ = Timestamp::now();
    lent_for_writing_ = true;  // from now on nobody records a checksum
    if (!in_place) return {};
    if (committed_.size != size_) mark_dirty(committed_.mtime);  // what a crash left of writing in place
    Status forgotten = forget_checksum();
    if (!forgotten) lent_for_writing_ = false;
    return forgotten;
}

void Content::give_back() {
    const auto alone = lock();
    --lenders_;
}

void Content::stop_lending() {
    const auto alone = lock();
    if (is_changed() && !commit_changes()) return;
    lent_for_writing_ = false;
}

bool Content::is_changed() const {
    if (dirty_ || !lent_for_writing_) return dirty_;
    const auto status = status_of(fd());
    return status && is_written_by_others(*status);
}

bool Content::is_written_by_others(const FileStatus& status) const {
    return lent_for_writing_ && (status.size != committed_.size || status.mtime != committed_.mtime);
}

/// The file's own clock runs in ticks: what was written is not older than the permission to write.
Timestamp Content::changed_at(const FileStatus& status) const {
    Timestamp at{};
    if (dirty_) at = {written_ns_ / 1'000'000'000, static_cast<std::uint32_t>(written_ns_ % 1'000'000'000)};
    if (is_written_by_others(status)) at = std::max({at, status.mtime, lent_at_});
    return at;
}

/// Of a small content that is committed: whether the staged file has other bytes.
bool Content::differs_from_index() const {
    if (!staged_ || kind_ == ContentKind::blob || is_changed()) return false;
    std::string bytes(size_ + 1, '\0');
    const auto got = read_at(fd(), 0, std::as_writable_bytes(std::span(bytes)));
    if (!got) return true;
    bytes.resize(*got);
    if (kind_ == ContentKind::empty) return !bytes.empty();
    const auto now = rooms_.scope.now();
    return View(*now).inline_content(node_).value_or("") != bytes;
}

Status Content::leave_pinned() {
    const auto alone = lock();
    const bool pinned = blob_fd_ && !staged_ && !rooms_.scope.may_write_in_place(blob_);
    if (!pinned || !lent_for_writing_) return {};
    ASTEROPE_TRY_STATUS(leave_copy());
    return give_number_of_its_own();
}

/// The holders' file cannot be exchanged for a copy, so the copy takes its place in what is pinned, and theirs becomes a
/// staged file, the node's next blob.
Status Content::leave_copy() {
    const BlobId number{ASTEROPE_TRY(rooms_.scope.next_id())};
    StagedFile held = ASTEROPE_TRY(StagedFile::adopt(rooms_.blobs, blob_fd_.get()));
    ASTEROPE_TRY(held.name(node_, number));
    blob_fd_ = ASTEROPE_TRY(rooms_.blobs.leave_copy(blob_, held.fd(), size_));
    staged_ = std::move(held);
    return {};
}

/// Makes the staged file the node's blob, whatever is written to it meanwhile.
Status Content::give_number_of_its_own() {
    const BlobId blob = ASTEROPE_TRY(staged_.name(node_, BlobId{ASTEROPE_TRY(rooms_.scope.next_id())}));
    const FileStatus status = ASTEROPE_TRY(status_of(staged_.fd()));
    size_ = ASTEROPE_TRY(rooms_.scope.apply([=, node = node_](Edit& edit) -> Result<std::uint64_t> {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        edit.set_blob_content(*record, blob, record->attr.size, status.blocks);
        return record->attr.size;
    }));
    kind_ = ContentKind::blob;
    blob_ = blob;
    blob_fd_ = staged_.hand_over();
    return {};
}

/// Another content was committed: the holders' file takes over its bytes, and becomes the node's blob again.
Status Content::show_to_holders(const NodeRecord& record) {
    // From here on no power cut brings back the content that is overwritten.
    ASTEROPE_TRY_STATUS(rooms_.scope.sync());
    if (!staged_) {
        StagedFile held = ASTEROPE_TRY(StagedFile::adopt(rooms_.blobs, blob_fd_.get()));
        if (!rooms_.scope.may_write_in_place(blob_)) ASTEROPE_TRY(rooms_.blobs.leave_copy(blob_, held.fd(), size_));
        staged_ = std::move(held);
        blob_fd_ = Descriptor();
    }
    take_over(record);
    Status shown = overwrite_staged_file();
    if (shown) shown = give_number_of_its_own();
    if (shown) committed_ = ASTEROPE_TRY(status_of(fd()));
    if (shown) return {};
    staged_.hand_over();  // they keep what they have, and it is nobody's content any more
    lent_for_writing_ = false;
    return shown;
}

/// With the committed content.
Status Content::overwrite_staged_file() {
    if (kind_ == ContentKind::blob) {
        blob_fd_ = ASTEROPE_TRY(rooms_.blobs.open(blob_, true));
        return overwrite(blob_fd_.get(), staged_.fd());
    }
    std::string bytes;
    if (kind_ == ContentKind::inlined) {
        const auto now = rooms_.scope.now();
        bytes = ASTEROPE_TRY(View(*now).inline_content(node_));
    }
    ASTEROPE_TRY_STATUS(write_at(staged_.fd(), 0, std::as_bytes(std::span(bytes))));
    if (::ftruncate(staged_.fd(), static_cast<off_t>(bytes.size())) != 0) return fail_errno(errno, "truncating");
    return {};
}

}  // namespace asterope::storage

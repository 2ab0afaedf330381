#include "engine/core/path.h"
#include "engine/storage/file_status.h"
#include "engine/storage/local_file.h"
#include "engine/storage/local_volume.h"

namespace asterope {

using namespace storage;

namespace storage {

LocalFile::~LocalFile() { (void)nodes_.release(content_); }

Status LocalFile::require_writable() const {
    return mode_ == OpenMode::read ? Status(fail(Errc::bad_handle, "the file is open for reading only")) : Status{};
}

Result<std::size_t> LocalFile::read(std::uint64_t offset, std::span<std::byte> buffer) {
    if (mode_ == OpenMode::write) return fail(Errc::bad_handle, "the file is open for writing only");
    return content_->read(offset, buffer);
}

Status LocalFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    ASTEROPE_TRY_STATUS(require_writable());
    return content_->write(offset, bytes);
}

Status LocalFile::truncate(std::uint64_t size) {
    ASTEROPE_TRY_STATUS(require_writable());
    return content_->truncate(size);
}

Status LocalFile::allocate(int mode, std::uint64_t offset, std::uint64_t length) {
    ASTEROPE_TRY_STATUS(require_writable());
    return content_->allocate(mode, offset, length);
}

Status LocalFile::commit(Durability durability) {
    return durability == Durability::sync ? content_->sync() : content_->commit(false);
}

Status LocalStagedContent::append(std::span<const std::byte> bytes) {
    if (!file_ && size_ + bytes.size() <= kInlineBytes) {
        bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    } else {
        if (!file_) {
            file_ = ASTEROPE_TRY(blobs_.stage());
            ASTEROPE_TRY_STATUS(write_at(file_.get(), 0, std::as_bytes(std::span(bytes_))));
            bytes_.clear();
        }
        ASTEROPE_TRY_STATUS(write_at(file_.get(), size_, bytes));
    }
    size_ += bytes.size();
    return {};
}

}  // namespace storage

namespace {

/// Gives `record` the content of a put, as part of `edit`. Returns the blob that must be published after the commit.
Result<BlobId> take_content(Edit& edit, NodeRecord& record, const LocalStagedContent& content, BlobFiles& blobs) {
    if (content.in_memory()) {
        set_inline_content(edit, record, content.bytes());
        return BlobId{};
    }
    const FileStatus status = ASTEROPE_TRY(status_of(content.fd()));
    const BlobId blob{edit.next_id()};
    ASTEROPE_TRY_STATUS(blobs.name_staged(content.fd(), record.attr.node, blob));
    set_blob_content(edit, record, blob, status.size, status.blocks);
    return blob;
}

Result<LocalStagedContent*> staged_here(const PutRequest& request) {
    if (!request.content) return nullptr;
    auto* const content = dynamic_cast<LocalStagedContent*>(request.content.get());
    if (content == nullptr) return fail(Errc::invalid, "the content was staged in another volume");
    return content;
}

}  // namespace

Result<std::unique_ptr<File>> LocalVolume::open(NodeId node, const OpenOptions& options) {
    const auto [content, alone] = ASTEROPE_TRY(open_nodes_->acquire(node));
    std::unique_ptr<File> file = std::make_unique<LocalFile>(*this, *open_nodes_, content, options.mode);
    if (options.truncate) {
        if (options.mode == OpenMode::read) return fail(Errc::invalid, "truncating needs a file open for writing");
        ASTEROPE_TRY_STATUS(alone ? content->replace() : content->truncate(0));
    }
    return file;
}

Result<std::unique_ptr<StagedContent>> LocalVolume::stage() {
    return std::unique_ptr<StagedContent>(std::make_unique<LocalStagedContent>(*blobs_));
}

Result<Attr> LocalVolume::put(NodeId dir, std::string_view name, PutRequest request) {
    ASTEROPE_TRY_STATUS(check_name(name));
    constexpr int kTries = 100;  // another can create or remove the name between the look and the change
    for (int i = 0; i < kTries; ++i) {
        const auto existing = lookup(dir, name);
        if (!existing && existing.error().code != Errc::not_found) return existing;
        if (existing && request.create_only) return fail(Errc::exists);
        if (existing && existing->type == NodeType::directory) return fail(Errc::is_dir);
        if (existing && existing->type != NodeType::file) return fail(Errc::invalid, "not a regular file");
        auto done = existing ? put_over(existing->node, request) : put_new(dir, name, request);
        const Errc lost_race = existing ? Errc::not_found : Errc::exists;
        if (!done && done.error().code == lost_race && !(request.create_only && !existing)) {
            if (!existing || getattr(dir)) continue;
        }
        if (done && request.durability == Durability::sync) ASTEROPE_TRY_STATUS(store_->sync(store_->last_sequence()));
        return done;
    }
    return fail(Errc::conflict);
}

Result<Attr> LocalVolume::put_new(NodeId dir, std::string_view name, PutRequest& request) {
    if (request.if_version) return fail(Errc::conflict, "the file does not exist");
    LocalStagedContent* const content = ASTEROPE_TRY(staged_here(request));
    NewNode what{.mode = request.mode, .uid = request.uid, .gid = request.gid};
    if (request.document) what.document = *request.document;
    Attr created;
    BlobId blob{};
    const auto committed = writer_->apply([&](Edit& edit) -> Status {
        created = ASTEROPE_TRY(create_node(edit, dir, name, what));
        if (content == nullptr) return {};
        NodeRecord* const record = ASTEROPE_TRY(edit.node(created.node));
        blob = ASTEROPE_TRY(take_content(edit, *record, *content, *blobs_));
        created = record->attr;
        return {};
    });
    if (!committed) {
        if (raw(blob) != 0) blobs_->unstage(created.node, blob);
        return Unexpected(committed.error());
    }
    if (raw(blob) != 0) {
        content->forget_file();
        ASTEROPE_TRY_STATUS(blobs_->publish(created.node, blob));
    }
    return created;
}

Result<Attr> LocalVolume::put_over(NodeId node, PutRequest& request) {
    LocalStagedContent* const content = ASTEROPE_TRY(staged_here(request));
    // Held open, so that others who have it open see the new content too.
    const auto [open_content, alone] = ASTEROPE_TRY(open_nodes_->acquire(node));
    const LocalFile hold(*this, *open_nodes_, open_content, OpenMode::read_write);
    if (!alone) ASTEROPE_TRY_STATUS(open_content->commit(false));
    const auto lock = open_content->lock();
    NodeRecord after;
    BlobId blob{};
    const auto committed = writer_->apply([&](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        if (record->attr.nlink == 0) return fail(Errc::not_found);
        if (request.if_version && *request.if_version != record->attr.version)
            return fail(Errc::conflict, "the file has version " + std::to_string(record->attr.version));
        if (request.document) {
            const Document before = ASTEROPE_TRY(edit.view().document(node));
            ASTEROPE_TRY_STATUS(edit.set_document(*record, before, *request.document));
            edit.record(ChangeKind::document, node);
        }
        if (content != nullptr) {
            blob = ASTEROPE_TRY(take_content(edit, *record, *content, *blobs_));
            record->attr.mtime = edit.now();
            edit.record(ChangeKind::content, node);
        }
        record->attr.ctime = edit.now();
        ++record->attr.version;
        after = *record;
        return {};
    });
    if (!committed) {
        if (raw(blob) != 0) blobs_->unstage(node, blob);
        return Unexpected(committed.error());
    }
    if (raw(blob) != 0) {
        content->forget_file();
        ASTEROPE_TRY_STATUS(blobs_->publish(node, blob));
    }
    if (content != nullptr) ASTEROPE_TRY_STATUS(open_content->reload(after));
    return after.attr;
}

}  // namespace asterope

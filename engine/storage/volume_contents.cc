#include <cstring>

#include "engine/core/path.h"
#include "engine/storage/file_status.h"
#include "engine/storage/local_file.h"
#include "engine/storage/names.h"
#include "engine/storage/store_volume.h"

namespace asterope::storage {

LocalFile::~LocalFile() {
    if (has_lent_) content_->give_back();
    (void)nodes_.release(content_);
}

Result<std::optional<int>> LocalFile::lend() {
    const auto fd = ASTEROPE_TRY(content_->lend(mode_ != OpenMode::read));
    if (fd && has_lent_.exchange(true)) content_->give_back();  // counted already
    return fd;
}

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

namespace {

constexpr std::size_t kHoleBytesMin = 4096;

bool is_zero(std::span<const std::byte> bytes) {
    return bytes[0] == std::byte{} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

/// Writes at the end of the file, which is at `offset`; zeros become a hole.
Status write_at_end(int fd, std::uint64_t offset, std::span<const std::byte> bytes) {
    if (bytes.size() < kHoleBytesMin || !is_zero(bytes)) return write_at(fd, offset, bytes);
    if (::ftruncate(fd, static_cast<off_t>(offset + bytes.size())) != 0) return fail_errno(errno, "writing a blob");
    return {};
}

}  // namespace

Status LocalStagedContent::append(std::span<const std::byte> bytes) {
    if (!file_ && size_ + bytes.size() <= kInlineBytes) {
        bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    } else {
        if (!file_) {
            file_ = ASTEROPE_TRY(StagedFile::create(blobs_));
            ASTEROPE_TRY_STATUS(write_at(file_.fd(), 0, std::as_bytes(std::span(bytes_))));
            bytes_.clear();
        }
        ASTEROPE_TRY_STATUS(write_at_end(file_.fd(), size_, bytes));
    }
    size_ += bytes.size();
    return {};
}

namespace {

/// The content of a put, ready to be given to a record.
struct Incoming {
    std::string bytes;  ///< of a small content
    BlobId blob{};      ///< of a large one, named in staging/; 0: a small one
    FileStatus status{};

    void give_to(Edit& edit, NodeRecord& record) const {
        if (raw(blob) == 0)
            edit.set_inline_content(record, bytes);
        else
            edit.set_blob_content(record, blob, status.size, status.blocks);
    }
};

Result<Incoming> incoming(LocalStagedContent& content, NodeId node, Scope& scope) {
    if (content.in_memory()) return Incoming{content.bytes()};
    Incoming in;
    in.status = ASTEROPE_TRY(status_of(content.file().fd()));
    in.blob = ASTEROPE_TRY(content.file().name(node, BlobId{ASTEROPE_TRY(scope.next_id())}));
    return in;
}

Result<LocalStagedContent*> staged_here(const PutRequest& request) {
    if (!request.content) return nullptr;
    auto* const content = dynamic_cast<LocalStagedContent*>(request.content.get());
    if (content == nullptr) return fail(Errc::invalid, "the content was staged in another volume");
    return content;
}

}  // namespace

Result<std::unique_ptr<File>> StoreVolume::open(NodeId node, const OpenOptions& options) {
    if (options.mode != OpenMode::read && rooms_.scope.is_read_only()) return fail(Errc::read_only);
    const auto [content, alone] = ASTEROPE_TRY(open_nodes_.acquire(node));
    std::unique_ptr<File> file = std::make_unique<LocalFile>(*this, open_nodes_, content, options.mode);
    if (options.truncate) {
        if (options.mode == OpenMode::read) return fail(Errc::invalid, "truncating needs a file open for writing");
        ASTEROPE_TRY_STATUS(alone ? content->replace() : content->truncate(0));
    }
    return file;
}

Result<std::optional<std::string>> StoreVolume::checksum(NodeId node) {
    if (const auto content = open_nodes_.find(node); content && content->is_dirty()) return std::optional<std::string>();
    const auto now = rooms_.scope.now();
    const auto known = ASTEROPE_TRY(View(*now).checksum(node));
    return known ? std::optional(to_hex(*known)) : std::nullopt;
}

Result<std::unique_ptr<StagedContent>> StoreVolume::stage() {
    if (rooms_.scope.is_read_only()) return fail(Errc::read_only);
    return std::unique_ptr<StagedContent>(std::make_unique<LocalStagedContent>(rooms_.blobs));
}

Result<Attr> StoreVolume::put(NodeId dir, std::string_view name, PutRequest request) {
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
        if (done && request.durability == Durability::sync) ASTEROPE_TRY_STATUS(rooms_.scope.sync());
        return done;
    }
    return fail(Errc::conflict);
}

Result<Attr> StoreVolume::put_new(NodeId dir, std::string_view name, PutRequest& request) {
    if (request.if_version) return fail(Errc::conflict, "the file does not exist");
    LocalStagedContent* const content = ASTEROPE_TRY(staged_here(request));
    NewNode what{.mode = request.mode, .uid = request.uid, .gid = request.gid};
    if (request.document) what.document = *request.document;
    const NodeId node{ASTEROPE_TRY(rooms_.scope.next_id())};
    const std::uint64_t cookie = ASTEROPE_TRY(rooms_.scope.next_id());
    Incoming in;
    if (content != nullptr) in = ASTEROPE_TRY(incoming(*content, node, rooms_.scope));
    const Attr created = ASTEROPE_TRY(
        rooms_.scope.apply([=, name = std::string(name), with_content = content != nullptr](Edit& edit) -> Result<Attr> {
            const Attr attr = ASTEROPE_TRY(create_node(edit, dir, name, what, node, cookie));
            if (!with_content) return attr;
            NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
            in.give_to(edit, *record);
            return record->attr;
        }));
    if (raw(in.blob) != 0) content->file().hand_over();
    return created;
}

Result<Attr> StoreVolume::put_over(NodeId node, PutRequest& request) {
    LocalStagedContent* const content = ASTEROPE_TRY(staged_here(request));
    // Held open, so that others who have it open see the new content too.
    const auto [open_content, alone] = ASTEROPE_TRY(open_nodes_.acquire(node));
    const LocalFile hold(*this, open_nodes_, open_content, OpenMode::read_write);
    if (!alone) ASTEROPE_TRY_STATUS(open_content->commit(false));
    std::optional<Incoming> in;
    if (content != nullptr) in = ASTEROPE_TRY(incoming(*content, node, rooms_.scope));
    const auto lock = open_content->lock();
    const NodeRecord after = ASTEROPE_TRY(rooms_.scope.apply(
        [=, if_version = request.if_version, document = request.document](Edit& edit) -> Result<NodeRecord> {
            NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
            if (record->attr.nlink == 0) return fail(Errc::not_found);
            if (if_version && *if_version != record->attr.version)
                return fail(Errc::conflict, "the file has version " + std::to_string(record->attr.version));
            if (document) {
                const Document before = ASTEROPE_TRY(edit.view().document(node));
                ASTEROPE_TRY_STATUS(edit.set_document(*record, before, *document));
                edit.record(ChangeKind::document, node);
            }
            if (in) {
                in->give_to(edit, *record);
                record->attr.mtime = edit.now();
                edit.record(ChangeKind::content, node);
            }
            record->attr.ctime = edit.now();
            ++record->attr.version;
            return *record;
        }));
    if (in && raw(in->blob) != 0) content->file().hand_over();
    if (in) ASTEROPE_TRY_STATUS(open_content->load(after));
    return after.attr;
}

}  // namespace asterope::storage

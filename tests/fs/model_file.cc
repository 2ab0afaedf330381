#include <fcntl.h>
#include <linux/falloc.h>

#include <cerrno>

#include "engine/core/limits.h"
#include "tests/fs/model_volume.h"

namespace asterope {

/// An open file of the model: writes are in the node at once, so a commit has nothing to do but the event.
class ModelFile : public File {
  public:
    ModelFile(ModelVolume& volume, ModelVolume::Node& node, OpenMode mode)
        : volume_(volume), node_(node), mode_(mode) {
        node_.open_count++;
    }
    ~ModelFile() override {
        std::lock_guard lock(volume_.mutex_);
        commit_locked();
        node_.open_count--;
        volume_.drop_if_gone(node_);
    }

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> buffer) override {
        if (mode_ == OpenMode::write) return fail(Errc::bad_handle);
        std::lock_guard lock(volume_.mutex_);
        return node_.bytes.read(offset, buffer);
    }

    Status write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        ASTEROPE_TRY_STATUS(check_range(offset, bytes.size()));
        std::lock_guard lock(volume_.mutex_);
        node_.bytes.write(offset, bytes);
        touched();
        return {};
    }

    Status truncate(std::uint64_t size) override {
        ASTEROPE_TRY_STATUS(check_range(size, 0));
        std::lock_guard lock(volume_.mutex_);
        node_.bytes.resize(size);
        touched();
        return {};
    }

    Status allocate(int mode, std::uint64_t offset, std::uint64_t length) override {
        ASTEROPE_TRY_STATUS(check_range(offset, length));
        const bool keep_size = (mode & FALLOC_FL_KEEP_SIZE) != 0;
        const bool punch = mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
        const bool zero = (mode & ~FALLOC_FL_KEEP_SIZE) == FALLOC_FL_ZERO_RANGE;
        if (!punch && !zero && (mode & ~FALLOC_FL_KEEP_SIZE) != 0) return fail(Errc::unsupported);
        std::lock_guard lock(volume_.mutex_);
        if (punch || zero) node_.bytes.punch(offset, length);
        if (!keep_size && offset + length > node_.bytes.size()) node_.bytes.resize(offset + length);
        touched();
        return {};
    }

    Result<std::uint64_t> seek(std::uint64_t offset, int whence) override {
        std::lock_guard lock(volume_.mutex_);
        if (whence != SEEK_DATA && whence != SEEK_HOLE) return fail(Errc::invalid);
        const auto found =
            whence == SEEK_DATA ? node_.bytes.next_data(offset) : node_.bytes.next_hole(offset);
        if (!found) return fail_errno(ENXIO, "seek");
        return *found;
    }

    Status commit(Durability) override {
        std::lock_guard lock(volume_.mutex_);
        commit_locked();
        return {};
    }

    Result<Attr> getattr() override {
        std::lock_guard lock(volume_.mutex_);
        return node_.attr;
    }

  private:
    Status check_range(std::uint64_t offset, std::uint64_t length) const {
        if (mode_ == OpenMode::read) return fail(Errc::bad_handle);
        if (offset > limits::kFileBytes || length > limits::kFileBytes - offset)
            return fail(Errc::file_too_large);
        return {};
    }
    void touched() {
        volume_.touch_content(node_);
        changed_ = true;
    }
    void commit_locked() {
        if (changed_) volume_.record(ChangeKind::content, node_);
        changed_ = false;
    }

    ModelVolume& volume_;
    ModelVolume::Node& node_;
    const OpenMode mode_;
    bool changed_ = false;
};

namespace {

class ModelStaged : public StagedContent {
  public:
    Status append(std::span<const std::byte> bytes) override {
        bytes_.write(bytes_.size(), bytes);
        return {};
    }
    std::uint64_t size() const override { return bytes_.size(); }
    const SparseBytes& bytes() const { return bytes_; }

  private:
    SparseBytes bytes_;
};

}  // namespace

Result<std::unique_ptr<File>> ModelVolume::open(NodeId id, const OpenOptions& options) {
    std::lock_guard lock(mutex_);
    if (options.mode != OpenMode::read || options.truncate) ASTEROPE_TRY_STATUS(require_writable());
    Node& node = *ASTEROPE_TRY(find(id));
    if (node.attr.type == NodeType::directory) return fail(Errc::is_dir);
    if (node.attr.type != NodeType::file) return fail(Errc::invalid);
    if (options.truncate) {
        node.bytes.resize(0);
        touch_content(node);
        record(ChangeKind::content, node);
    }
    return std::unique_ptr<File>(std::make_unique<ModelFile>(*this, node, options.mode));
}

Result<std::unique_ptr<StagedContent>> ModelVolume::stage() {
    return std::unique_ptr<StagedContent>(std::make_unique<ModelStaged>());
}

Result<Attr> ModelVolume::put(NodeId dir, std::string_view name, PutRequest request) {
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    Node& parent = *ASTEROPE_TRY(find_dir(dir));
    auto found = child(parent, name);
    if (!found && found.error().code != Errc::not_found) return Unexpected(found.error());
    const bool fresh = !found;
    if (!fresh && request.create_only) return fail(Errc::exists);
    if (!fresh && (*found)->attr.type == NodeType::directory) return fail(Errc::is_dir);
    if (!fresh && (*found)->attr.type != NodeType::file) return fail(Errc::invalid);
    if (request.if_version && (fresh || (*found)->attr.version != *request.if_version))
        return fail(Errc::conflict);
    Node& node = fresh ? add_node({.mode = request.mode, .uid = request.uid, .gid = request.gid}) : **found;
    if (request.content) node.bytes = dynamic_cast<ModelStaged&>(*request.content).bytes();
    if (request.content) touch_content(node);
    if (request.document) {
        node.document = *request.document;
        node.had_fields = node.had_fields || !node.document.empty();
        touch_metadata(node);
    }
    if (fresh) {
        add_name(parent, name, node);
        record(ChangeKind::created, node, {dir, std::string(name)});
    } else {
        if (request.content) record(ChangeKind::content, node);
        if (request.document) record(ChangeKind::document, node);
    }
    return node.attr;
}

}  // namespace asterope

#pragma once

#include "engine/storage/open_nodes.h"

namespace asterope::storage {

/// One opening of a node. The Content is shared with all others who have it open.
class LocalFile final : public File {
  public:
    LocalFile(Volume& volume, OpenNodes& nodes, std::shared_ptr<Content> content, OpenMode mode)
        : volume_(volume), nodes_(nodes), content_(std::move(content)), mode_(mode) {}
    ~LocalFile() override;

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> buffer) override;
    Status write(std::uint64_t offset, std::span<const std::byte> bytes) override;
    Status truncate(std::uint64_t size) override;
    Status allocate(int mode, std::uint64_t offset, std::uint64_t length) override;
    Result<std::uint64_t> seek(std::uint64_t offset, int whence) override { return content_->seek(offset, whence); }
    Status commit(Durability durability) override;
    Result<Attr> getattr() override { return volume_.getattr(content_->node()); }
    std::optional<int> backing_fd() override { return content_->backing_fd(); }
    Result<std::optional<int>> lend() override;

  private:
    Status require_writable() const;

    Volume& volume_;
    OpenNodes& nodes_;
    const std::shared_ptr<Content> content_;
    const OpenMode mode_;
    std::atomic<bool> has_lent_ = false;
};

/// Content of a put: in memory up to kInlineBytes, then in a staged file.
class LocalStagedContent final : public StagedContent {
  public:
    explicit LocalStagedContent(BlobFiles& blobs) : blobs_(blobs) {}
    Status append(std::span<const std::byte> bytes) override;
    std::uint64_t size() const override { return size_; }

    bool in_memory() const { return !file_; }
    const std::string& bytes() const { return bytes_; }
    StagedFile& file() { return file_; }

  private:
    BlobFiles& blobs_;
    std::string bytes_;
    StagedFile file_;
    std::uint64_t size_ = 0;
};

}  // namespace asterope::storage

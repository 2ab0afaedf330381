#pragma once

#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/core/volume.h"

namespace asterope {

/// Bytes of the caller's: a string, a vector or span of chars, bytes or uint8_t. Lifetime: of what it was made from.
class Bytes {
  public:
    Bytes() = default;
    Bytes(std::string_view text) : bytes_(std::as_bytes(std::span(text))) {}
    Bytes(const std::string& text) : Bytes(std::string_view(text)) {}
    Bytes(const char* text) : Bytes(std::string_view(text)) {}
    template <std::ranges::contiguous_range Range>
        requires(sizeof(std::ranges::range_value_t<Range>) == 1 && !std::is_array_v<std::remove_cvref_t<Range>> &&
                 !std::is_convertible_v<Range, std::string_view>)
    Bytes(const Range& range) : bytes_(std::as_bytes(std::span(range))) {}

    std::span<const std::byte> span() const { return bytes_; }

  private:
    std::span<const std::byte> bytes_;
};

/// Reads the content of one file from beginning to end, or at any place. It goes on reading the file's content when the
/// key is removed meanwhile.
/// Threads: read_at by any; the others one at a time.
class Reader {
  public:
    Reader(std::shared_ptr<Volume> volume, std::unique_ptr<File> file, const Attr& attr)
        : volume_(std::move(volume)), file_(std::move(file)), attr_(attr) {}

    /// As they were at the opening.
    const Attr& attr() const { return attr_; }
    /// The next bytes; fewer than asked for only at the end, 0 = end.
    Result<std::size_t> read(std::span<std::byte> buffer) {
        const std::size_t n = ASTEROPE_TRY(file_->read(position_, buffer));
        position_ += n;
        return n;
    }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> buffer) { return file_->read(offset, buffer); }
    void seek(std::uint64_t offset) { position_ = offset; }

  private:
    std::shared_ptr<Volume> volume_;  // before file_: it must outlive it
    std::unique_ptr<File> file_;
    Attr attr_;
    std::uint64_t position_ = 0;
};

/// Writes the content of one key, in constant memory. Nothing is seen of it before commit(); destroying it without
/// drops what was written. Threads: one at a time.
class Writer {
  public:
    Writer(std::shared_ptr<Volume> volume, std::unique_ptr<StagedContent> content, NodeId dir, std::string name,
           PutRequest request)
        : volume_(std::move(volume)), content_(std::move(content)), dir_(dir), name_(std::move(name)),
          request_(std::move(request)) {}

    Status write(Bytes bytes) { return content_->append(bytes.span()); }
    std::uint64_t size() const { return content_ ? content_->size() : 0; }
    /// Creates or replaces the file, content and document in one step. Errors: bad_handle (again)
    Result<Attr> commit() {
        if (!content_) return fail(Errc::bad_handle, "committed before");
        request_.content = std::move(content_);
        return volume_->put(dir_, name_, std::move(request_));
    }

  private:
    std::shared_ptr<Volume> volume_;
    std::unique_ptr<StagedContent> content_;
    NodeId dir_;
    std::string name_;
    PutRequest request_;
};

/// The content of a file in memory: the blob file itself, mapped, where there is one on this machine; else a copy.
/// Lifetime: bytes() until it is destroyed. Writing in place to the file meanwhile shows; truncating it makes access fail with SIGBUS.
class MappedContent {
  public:
    /// Errors: unsupported (a large content of another process: use a Reader)
    static Result<MappedContent> map(std::shared_ptr<Volume> volume, std::unique_ptr<File> file, std::uint64_t size);
    MappedContent(MappedContent&& other) noexcept;
    MappedContent& operator=(MappedContent&& other) noexcept;
    ~MappedContent();

    std::span<const std::byte> bytes() const {
        return mapped_ != nullptr ? std::span(static_cast<const std::byte*>(mapped_), size_)
                                  : std::as_bytes(std::span(copy_));
    }
    bool is_mapped() const { return mapped_ != nullptr; }

  private:
    MappedContent(std::shared_ptr<Volume> volume, std::unique_ptr<File> file)
        : volume_(std::move(volume)), file_(std::move(file)) {}

    std::shared_ptr<Volume> volume_;
    std::unique_ptr<File> file_;
    void* mapped_ = nullptr;
    std::size_t size_ = 0;
    std::string copy_;
};

}  // namespace asterope

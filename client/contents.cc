#include "client/contents.h"

#include <sys/mman.h>

#include <cerrno>
#include <utility>

namespace asterope {
namespace {
constexpr std::uint64_t kCopyBytesMax = 64u << 20;
}

Result<MappedContent> MappedContent::map(std::shared_ptr<Volume> volume, std::unique_ptr<File> file, std::uint64_t size) {
    MappedContent content(std::move(volume), std::move(file));
    if (const auto fd = content.file_->backing_fd(); fd && size > 0) {
        void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, *fd, 0);
        if (at == MAP_FAILED) return fail_errno(errno, "mapping a file");
        content.mapped_ = at;
        content.size_ = size;
        return content;
    }
    if (size > kCopyBytesMax) return fail(Errc::unsupported, "too large to map from another process: read it in parts");
    content.copy_.resize(size);
    content.copy_.resize(ASTEROPE_TRY(content.file_->read(0, std::as_writable_bytes(std::span(content.copy_)))));
    return content;
}

MappedContent::MappedContent(MappedContent&& other) noexcept
    : volume_(std::move(other.volume_)), file_(std::move(other.file_)), mapped_(std::exchange(other.mapped_, nullptr)),
      size_(other.size_), copy_(std::move(other.copy_)) {}

MappedContent& MappedContent::operator=(MappedContent&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(volume_, other.volume_);
    std::swap(mapped_, other.mapped_);
    std::swap(size_, other.size_);
    std::swap(copy_, other.copy_);
    return *this;
}

MappedContent::~MappedContent() {
    if (mapped_ != nullptr) ::munmap(mapped_, size_);
}

}  // namespace asterope

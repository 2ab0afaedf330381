#include "engine/storage/durable_file.h"

#include "engine/storage/descriptor.h"

namespace asterope::storage {

Status write_durably(const std::string& path, const std::string& text) {
    const Descriptor file = ASTEROPE_TRY(open_file(path, O_CREAT | O_EXCL | O_WRONLY, 0644));
    ASTEROPE_TRY_STATUS(write_at(file.get(), 0, std::as_bytes(std::span(text))));
    if (::fsync(file.get()) != 0) return fail_errno(errno, path);
    return {};
}

}  // namespace asterope::storage

#include "engine/storage/checksum.h"

#include <fcntl.h>
#include <xxhash.h>

#include <cstring>
#include <vector>

#include "engine/storage/descriptor.h"

namespace asterope::storage {
namespace {

constexpr std::size_t kBlockBytes = 1u << 20;
constexpr std::uint64_t kHoleBytesMax = std::uint64_t{1} << 40;

Checksum canonical(XXH128_hash_t hash) {
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, hash);
    Checksum checksum;
    static_assert(sizeof bytes.digest == sizeof checksum);
    std::memcpy(checksum.data(), bytes.digest, sizeof checksum);
    return checksum;
}

struct FreeState {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

std::string to_hex(const Checksum& checksum) {
    std::string hex;
    for (const std::uint8_t byte : checksum) {
        hex += "0123456789abcdef"[byte >> 4];
        hex += "0123456789abcdef"[byte & 15];
    }
    return hex;
}

Checksum checksum_of(std::string_view bytes) { return canonical(XXH3_128bits(bytes.data(), bytes.size())); }

std::uint64_t print_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

void SetPrint::add(std::string_view key, std::string_view value) {
    ++count;
    sum += XXH3_64bits_withSeed(value.data(), value.size(), print_of(key));
}

Result<FileChecksum> checksum_of_file(int fd, bool from_disk, const OnBlock& on_block) {
    const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
    if (!state || XXH3_128bits_reset(state.get()) != XXH_OK) return fail(Errc::limit, "out of memory");
    if (from_disk) ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    std::vector<std::byte> block(kBlockBytes);
    FileChecksum result;
    for (;;) {
        const std::size_t size = ASTEROPE_TRY(read_at(fd, result.bytes, block));
        XXH3_128bits_update(state.get(), block.data(), size);
        if (from_disk) ::posix_fadvise(fd, static_cast<off_t>(result.bytes), static_cast<off_t>(size), POSIX_FADV_DONTNEED);
        result.bytes += size;
        if (size > 0) ASTEROPE_TRY_STATUS(on_block(size));
        if (size < block.size()) break;
    }
    result.checksum = canonical(XXH3_128bits_digest(state.get()));
    return result;
}

bool is_too_sparse(std::uint64_t size_bytes, std::uint64_t blocks) {
    return size_bytes / 512 > blocks && size_bytes / 512 - blocks > kHoleBytesMax / 512;
}

}  // namespace asterope::storage

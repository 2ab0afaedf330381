#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace asterope::storage {

/// XXH3-128, most significant byte first.
using Checksum = std::array<std::uint8_t, 16>;

inline std::string_view bytes_of(const Checksum& checksum) {
    return {reinterpret_cast<const char*>(checksum.data()), checksum.size()};
}
/// 32 lower-case digits, as `xxh128sum` prints them.
std::string to_hex(const Checksum& checksum);
Checksum checksum_of(std::string_view bytes);

/// 64 bits of a row, or of a part of one.
std::uint64_t print_of(std::string_view bytes);

/// Sums up a set of rows, in any order: two sets with the same rows have the same print, and two with different rows
/// practically never do.
struct SetPrint {
    std::uint64_t count = 0, sum = 0;
    void add(std::string_view key, std::string_view value);
    bool operator==(const SetPrint&) const = default;
};

/// Called after each block that was read, with its size; an error ends the reading with it.
using OnBlock = std::function<Status(std::size_t bytes)>;

struct FileChecksum {
    Checksum checksum{};
    std::uint64_t bytes = 0;  ///< that were read: the size of the file
};
/// Reads a whole file, in constant memory. `from_disk`: not from the page cache, and without filling it.
/// Errors: io · what `on_block` returns
Result<FileChecksum> checksum_of_file(int fd, bool from_disk, const OnBlock& on_block);

/// Whether a file is so sparse that summing up its holes would take longer than anybody waits.
bool is_too_sparse(std::uint64_t size_bytes, std::uint64_t blocks);

}  // namespace asterope::storage

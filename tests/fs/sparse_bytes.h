#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace asterope {

/// The bytes of a file as a map of chunks; what is not in the map is zero. Threads: one at a time.
class SparseBytes {
  public:
    static constexpr std::uint64_t kChunkBytes = 65536;

    std::uint64_t size() const { return size_; }
    std::uint64_t allocated() const { return chunks_.size() * kChunkBytes; }
    /// Bytes read; fewer than the buffer only at the end.
    std::size_t read(std::uint64_t offset, std::span<std::byte> buffer) const;
    void write(std::uint64_t offset, std::span<const std::byte> bytes);
    void resize(std::uint64_t size);
    /// Zeroes a range and gives back whole chunks. Does not change the size.
    void punch(std::uint64_t offset, std::uint64_t length);
    /// The first byte of data at or after `offset`; nullopt: none before the end.
    std::optional<std::uint64_t> next_data(std::uint64_t offset) const;
    /// The first byte of a hole at or after `offset` (the end counts as one); nullopt: `offset` is past the end.
    std::optional<std::uint64_t> next_hole(std::uint64_t offset) const;

  private:
    std::map<std::uint64_t, std::vector<std::byte>> chunks_;
    std::uint64_t size_ = 0;
};

}  // namespace asterope

#include "tests/fs/sparse_bytes.h"

#include <algorithm>

namespace asterope {
namespace {

/// The part of chunk `index` that [offset, offset+length) covers.
struct Piece {
    std::uint64_t index;
    std::size_t begin, length;
};

Piece piece_at(std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t begin = offset % SparseBytes::kChunkBytes;
    const std::uint64_t room = SparseBytes::kChunkBytes - begin;
    return {offset / SparseBytes::kChunkBytes, static_cast<std::size_t>(begin),
            static_cast<std::size_t>(std::min(room, length))};
}

}  // namespace

std::size_t SparseBytes::read(std::uint64_t offset, std::span<std::byte> buffer) const {
    if (offset >= size_) return 0;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - offset));
    for (std::size_t done = 0; done < wanted;) {
        const Piece piece = piece_at(offset + done, wanted - done);
        const auto chunk = chunks_.find(piece.index);
        const auto out = buffer.subspan(done, piece.length);
        if (chunk == chunks_.end()) {
            std::fill(out.begin(), out.end(), std::byte{0});
        } else {
            std::copy_n(chunk->second.begin() + static_cast<std::ptrdiff_t>(piece.begin), piece.length,
                        out.begin());
        }
        done += piece.length;
    }
    return wanted;
}

void SparseBytes::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const Piece piece = piece_at(offset + done, bytes.size() - done);
        auto& chunk = chunks_[piece.index];
        chunk.resize(kChunkBytes);
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(done), piece.length,
                    chunk.begin() + static_cast<std::ptrdiff_t>(piece.begin));
        done += piece.length;
    }
    if (!bytes.empty()) size_ = std::max(size_, offset + bytes.size());
}

void SparseBytes::resize(std::uint64_t size) {
    if (size < size_) punch(size, size_ - size);
    size_ = size;
}

void SparseBytes::punch(std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t end = offset + length;
    auto chunk = chunks_.lower_bound(offset / kChunkBytes);
    while (chunk != chunks_.end() && chunk->first * kChunkBytes < end) {
        const std::uint64_t start = chunk->first * kChunkBytes;
        const std::uint64_t from = std::max(start, offset) - start;
        const std::uint64_t to = std::min(start + kChunkBytes, end) - start;
        if (from == 0 && (to == kChunkBytes || start + to >= size_)) {
            chunk = chunks_.erase(chunk);
            continue;
        }
        std::fill(chunk->second.begin() + static_cast<std::ptrdiff_t>(from),
                  chunk->second.begin() + static_cast<std::ptrdiff_t>(to), std::byte{0});
        ++chunk;
    }
}

std::optional<std::uint64_t> SparseBytes::next_data(std::uint64_t offset) const {
    if (offset >= size_) return std::nullopt;
    const auto chunk = chunks_.lower_bound(offset / kChunkBytes);
    if (chunk == chunks_.end()) return std::nullopt;
    return std::max(offset, chunk->first * kChunkBytes);
}

std::optional<std::uint64_t> SparseBytes::next_hole(std::uint64_t offset) const {
    if (offset >= size_) return std::nullopt;
    std::uint64_t index = offset / kChunkBytes;
    if (!chunks_.contains(index)) return offset;
    while (chunks_.contains(index)) ++index;
    return std::min(size_, index * kChunkBytes);
}

}  // namespace asterope

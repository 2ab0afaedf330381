#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace asterope::kv {

/// Memory that is freed all at once. Threads: one allocates at a time; bytes() from any.
class Arena {
  public:
    explicit Arena(std::size_t chunk_bytes) : chunk_bytes_(chunk_bytes) {}

    /// Aligned for pointers.
    char* allocate(std::size_t bytes) {
        bytes = (bytes + alignof(void*) - 1) & ~(alignof(void*) - 1);
        if (bytes > left_) add_chunk(bytes);
        char* at = next_;
        next_ += bytes;
        left_ -= bytes;
        bytes_.store(bytes_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
        return at;
    }
    /// Allocated so far; the chunks are larger by one unfinished chunk at most.
    std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  private:
    void add_chunk(std::size_t bytes) {
        left_ = std::max(bytes, chunk_bytes_);
        chunks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
        next_ = chunks_.back().get();
    }

    const std::size_t chunk_bytes_;
    std::vector<std::unique_ptr<char[]>> chunks_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
    std::atomic<std::size_t> bytes_{0};
};

}  // namespace asterope::kv

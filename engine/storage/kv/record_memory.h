#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "engine/core/result.h"

namespace asterope::kv {

/// The encoded records that are not durable yet, in order: after a failed fdatasync they are written again from here.
/// Threads: one at a time.
class RecordMemory {
  public:
    /// Room for one more record of `bytes`.
    char* add(std::size_t bytes);
    /// Takes back the last add() of `bytes`.
    void undo(std::size_t bytes);

    using Mark = std::uint64_t;
    /// Ends a group: everything added so far lies before the mark.
    Mark mark();
    /// Forgets what lies before the mark.
    void drop_before(Mark mark);

    /// Calls `visit` with the start of each record; it returns the record's length. Ends at the first failure.
    Status for_each(const std::function<Result<std::size_t>(char*)>& visit);

  private:
    struct Chunk {
        std::unique_ptr<char[]> bytes;
        std::size_t capacity = 0;
        std::size_t used = 0;
        Mark group = 0;
    };
    Chunk make_chunk(std::size_t bytes);

    std::deque<Chunk> chunks_;
    Chunk spare_;
    Mark group_ = 1;
};

}  // namespace asterope::kv

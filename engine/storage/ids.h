#pragma once

#include <cstdint>
#include <mutex>

#include "engine/storage/kv/kv.h"

namespace asterope::storage {

/// Hands out numbers that were never used in the store: for nodes, blobs and directory cookies alike.
/// They are reserved in blocks, so that a number costs no write; those of a block that were not used by the end are lost.
/// Threads: any.
class IdSource {
  public:
    explicit IdSource(kv::Store& store) : store_(store) {}
    /// Reads where to begin. Once, before anything else.
    Status start();
    /// Errors: no_space · io
    Result<std::uint64_t> next();
    /// Every number handed out so far is below it.
    std::uint64_t mark() const;

  private:
    static constexpr std::uint64_t kBlock = 4096;
    kv::Store& store_;
    mutable std::mutex mutex_;  ///< guards what follows
    std::uint64_t next_ = 0;
    std::uint64_t limit_ = 0;  ///< the meta table's "id_limit"
};

}  // namespace asterope::storage

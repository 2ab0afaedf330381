#pragma once

#include <atomic>
#include <memory>

#include "engine/storage/kv/kv.h"
#include "engine/storage/kv/write_buffer.h"

namespace asterope::kv {

/// Changes that lie over snapshots and are seen by nobody else: what a transaction has done so far.
/// Threads: one apply() at a time; readers at any time.
class Overlay {
  public:
    Overlay();
    void apply(const Batch& batch);
    /// `base` with everything applied so far over it; later changes are not seen. Lifetime: independent of this.
    std::shared_ptr<const Reader> over(std::shared_ptr<const Snapshot> base) const;
    std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  private:
    std::shared_ptr<WriteBuffer> buffer_;
    std::atomic<std::uint64_t> sequence_ = 0;  ///< of the overlay's own batches
    std::atomic<std::size_t> bytes_ = 0;
};

}  // namespace asterope::kv

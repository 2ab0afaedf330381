#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>

#include "engine/core/result.h"

namespace asterope::kv {

/// Keeps writers from running ahead of the background: delays that grow with what is buffered, and a bound.
/// Threads: any.
class Throttle {
  public:
    /// Below `soft_bytes` nobody waits; nothing goes beyond `hard_bytes`, of which the last `reserve_bytes` are kept
    /// for batches that remove something.
    Throttle(std::size_t soft_bytes, std::size_t hard_bytes, std::size_t reserve_bytes)
        : soft_bytes_(soft_bytes), hard_bytes_(hard_bytes), reserve_bytes_(reserve_bytes) {}

    bool fits(std::size_t buffered_bytes, std::size_t more_bytes, bool may_use_reserve) const {
        const std::size_t bound = hard_bytes_ - (may_use_reserve ? 0 : reserve_bytes_);
        // A batch that is larger than the bound goes alone.
        return buffered_bytes + more_bytes <= bound || buffered_bytes == 0;
    }
    /// A short delay if `buffered_bytes` is above the soft bound.
    void slow_down(std::size_t buffered_bytes) const;
    /// Waits until `ready`. Errors: that of the background's latest attempt, if it failed: waiting would be in vain.
    Status wait_until(const std::function<bool()>& ready);
    /// The background has made room, or failed to.
    void report(const Status& outcome);

  private:
    const std::size_t soft_bytes_;
    const std::size_t hard_bytes_;
    const std::size_t reserve_bytes_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Status outcome_;
};

}  // namespace asterope::kv

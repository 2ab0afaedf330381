#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "engine/core/result.h"

namespace asterope::storage {

/// Holds work back to a number of bytes a second, on average since it began.
/// Threads: one at a time.
class Pace {
  public:
    /// 0: without limit.
    Pace(std::uint64_t bytes_per_second, std::stop_token stop) : rate_(bytes_per_second), stop_(std::move(stop)) {}

    /// Counts `bytes`, and waits until their time has come. Errors: interrupted
    Status spend(std::uint64_t bytes) {
        spent_ += bytes;
        if (rate_ != 0) {
            const std::chrono::duration<double> due(static_cast<double>(spent_) / static_cast<double>(rate_));
            std::mutex mutex;
            std::unique_lock lock(mutex);
            std::condition_variable_any never;
            never.wait_until(lock, stop_, start_ + std::chrono::duration_cast<Clock::duration>(due), [] { return false; });
        }
        return stop_.stop_requested() ? Status(fail(Errc::interrupted)) : Status{};
    }

  private:
    using Clock = std::chrono::steady_clock;
    const std::uint64_t rate_;
    const std::stop_token stop_;
    const Clock::time_point start_ = Clock::now();
    std::uint64_t spent_ = 0;
};

}  // namespace asterope::storage

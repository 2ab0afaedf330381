#pragma once

#include <chrono>
#include <thread>

#include "engine/storage/scrub.h"

namespace asterope::storage {

/// Scrubs an open store in the background, slowly, again and again. Where it is ("scrub_after") and when it reached the end
/// ("scrub_done", in seconds since 1970) are in the meta table, so that it goes on in the next process.
/// Damage is logged. Threads: the owner's. Destroying it ends the work.
class Scrubber {
  public:
    /// `interval`: from one end to the next beginning.
    Scrubber(BackgroundRooms rooms, std::chrono::hours interval);

  private:
    void run(const std::stop_token& stop);
    bool is_due() const;
    Status scrub_some(const std::stop_token& stop);

    const BackgroundRooms rooms_;
    const std::chrono::hours interval_;
    std::uint64_t files_ = 0, bytes_ = 0, damaged_ = 0;  ///< of this round, in this process
    std::jthread thread_;
};

}  // namespace asterope::storage

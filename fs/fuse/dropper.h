#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

#include "fs/fuse/lowlevel.h"
#include "fs/kernel_cache.h"

namespace asterope::fs::fuse {

/// Tells the kernel what to drop, from a thread of its own: to drop a name the kernel locks the directory, whose lock a process may
/// hold that itself waits for the request during which we tell.
/// Threads:  any.
/// Lifetime: the session must outlive it.
class Dropper {
  public:
    explicit Dropper(fuse_session* session);
    void drop(Stale stale);
    void settle();

  private:
    void run(const std::stop_token& stop);
    void tell(const Stale& stale);

    fuse_session* const session_;
    std::mutex mutex_;  ///< guards what follows
    std::condition_variable_any changed_;
    std::deque<Stale> waiting_;
    std::uint64_t asked_ = 0, done_ = 0;
    std::jthread thread_;  ///< last: it uses all others
};

}  // namespace asterope::fs::fuse

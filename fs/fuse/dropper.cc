#include "fs/fuse/dropper.h"

#include <chrono>

#include "fs/options.h"

namespace asterope::fs::fuse {

Dropper::Dropper(fuse_session* session)
    : session_(session), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Dropper::drop(Stale stale) {
    std::unique_lock lock(mutex_);
    waiting_.push_back(std::move(stale));
    const std::uint64_t ticket = ++asked_;
    changed_.notify_all();
    const std::chrono::duration<double> kept(Options{}.cache_seconds);
    changed_.wait_for(lock, kept, [&] { return done_ >= ticket; });
}

void Dropper::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return !waiting_.empty(); })) {
        const Stale next = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        tell(next);
        lock.lock();
        ++done_;
        changed_.notify_all();
    }
}

/// What the kernel does not know it need not drop: that is the only error that there is.
void Dropper::tell(const Stale& stale) {
    for (const NodeId node : stale.nodes) fuse_lowlevel_notify_inval_inode(session_, raw(node), 0, 0);
    for (const Link& link : stale.names)
        fuse_lowlevel_notify_inval_entry(session_, raw(link.parent), link.name.data(), link.name.size());
}

}  // namespace asterope::fs::fuse

#include "fs/fuse/dropper.h"

#include <chrono>

namespace asterope::fs::fuse {
namespace {

/// Longer than the kernel ever takes, unless it waits for somebody who waits for us.
constexpr std::chrono::seconds kPatience(1);

}  // namespace

Dropper::Dropper(fuse_session* session)
    : session_(session), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Dropper::drop(Stale stale) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(stale));
    ++asked_;
    changed_.notify_all();
}

void Dropper::settle() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&, asked = asked_] { return done_ >= asked; });
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
    for (const NodeId node : stale.attributes) fuse_lowlevel_notify_inval_inode(session_, raw(node), -1, 0);
    for (const Link& link : stale.names)
        fuse_lowlevel_notify_inval_entry(session_, raw(link.parent), link.name.data(), link.name.size());
}

}  // namespace asterope::fs::fuse

#include <algorithm>

#include "engine/storage/kv/store.h"

/// The two threads of a store: one writes buffers to the tree, one makes the journal durable.
namespace asterope::kv {
namespace {
constexpr std::chrono::milliseconds kRetryInterval{200};
constexpr std::chrono::milliseconds kTendInterval{
    1000};  ///< of the spare segments, without a background sync
}  // namespace

void StoreOfLayers::start_background() {
    flusher_ = std::thread([this] { run_flusher(); });
    syncer_ = std::thread([this] { run_syncer(); });
}

void StoreOfLayers::stop_background() {
    {
        const std::lock_guard lock(alarm_mutex_);
        stopping_ = true;
        alarm_.notify_all();
    }
    if (flusher_.joinable()) flusher_.join();
    if (syncer_.joinable()) syncer_.join();
}

void StoreOfLayers::request_flush() {
    const std::lock_guard lock(alarm_mutex_);
    flush_requested_ = true;
    alarm_.notify_all();
}

void StoreOfLayers::note_commit(bool first_in_buffer) {
    const std::lock_guard lock(alarm_mutex_);
    unsynced_.store(true, std::memory_order_relaxed);
    if (first_in_buffer) oldest_ = Clock::now();
    alarm_.notify_all();
}

void StoreOfLayers::note_freeze() {
    const std::lock_guard lock(alarm_mutex_);
    oldest_ = Clock::time_point::max();
}

/// When the next flush is due. Needs alarm_mutex_.
StoreOfLayers::Clock::time_point StoreOfLayers::flush_due_at() const {
    const bool now =
        flush_requested_ || frozen_bytes_.load() != 0 || active_bytes_.load() >= options_.buffer_bytes;
    if (now) return retry_at_;
    if (oldest_ == Clock::time_point::max()) return oldest_;
    return std::max(retry_at_, oldest_ + std::chrono::milliseconds(options_.buffer_age_ms));
}

void StoreOfLayers::run_flusher() {
    std::unique_lock lock(alarm_mutex_);
    while (!stopping_) {
        const auto due = flush_due_at();
        if (due == Clock::time_point::max()) {
            alarm_.wait(lock);
        } else if (due > Clock::now()) {
            alarm_.wait_until(lock, due);
        } else {
            flush_requested_ = false;
            lock.unlock();
            const Status flushed = flush();
            lock.lock();
            if (!flushed) retry_at_ = Clock::now() + kRetryInterval;
            note_outcome(flush_error_, flushed, "writing to the index");
        }
    }
}

void StoreOfLayers::run_syncer() {
    const bool syncs = options_.flush_interval_ms != 0;
    const auto interval = syncs ? std::chrono::milliseconds(options_.flush_interval_ms) : kTendInterval;
    std::unique_lock lock(alarm_mutex_);
    for (;;) {
        alarm_.wait(lock, [this] { return stopping_ || unsynced_.load() || low_space_.load(); });
        if (alarm_.wait_for(lock, interval, [this] { return stopping_; })) return;
        unsynced_.store(false);
        lock.unlock();
        const Status synced = syncs ? sync(last_sequence()) : Status();
        reserve_space();
        lock.lock();
        if (!synced) unsynced_.store(true);
        note_outcome(sync_error_, synced, "making the journal durable");
    }
}

/// Logs a failure once, and its end.
void StoreOfLayers::note_outcome(std::string& last_error, const Status& outcome, const char* what) {
    const std::string error = outcome ? std::string() : outcome.error().text();
    if (error == last_error) return;
    last_error = error;
    log(error.empty() ? std::string(what) + " works again" : std::string(what) + " failed: " + error);
}

}  // namespace asterope::kv

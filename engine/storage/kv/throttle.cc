#include "engine/storage/kv/throttle.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace asterope::kv {
namespace {
constexpr double kDelayMaxUs = 2000;
constexpr double kDelayMinUs = 5;  ///< less is not worth a system call
}  // namespace

void Throttle::slow_down(std::size_t buffered_bytes) const {
    if (buffered_bytes <= soft_bytes_) return;
    const double above = static_cast<double>(buffered_bytes - soft_bytes_);
    const double pressure = std::min(1.0, above / static_cast<double>(hard_bytes_ - soft_bytes_));
    const double delay_us = kDelayMaxUs * pressure * pressure;
    if (delay_us < kDelayMinUs) return;
    std::this_thread::sleep_for(std::chrono::duration<double, std::micro>(delay_us));
}

Status Throttle::wait_until(const std::function<bool()>& ready) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !outcome_ || ready(); });
    return outcome_;
}

void Throttle::report(const Status& outcome) {
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
    changed_.notify_all();
}

}  // namespace asterope::kv

#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace asterope::bench {

/// The most anonymous memory (RssAnon) that this process has had while the object lives, looked at every 10 ms.
class MemoryPeak {
  public:
    MemoryPeak() : watcher_([this](std::stop_token stop) { watch(stop); }) {}
    double mebibytes() const { return static_cast<double>(std::max(peak_kib_.load(), anonymous_kib())) / 1024; }

  private:
    static long anonymous_kib() {
        std::ifstream status("/proc/self/status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("RssAnon:")) return std::stol(line.substr(8));
        return 0;
    }
    void watch(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            peak_kib_ = std::max(peak_kib_.load(), anonymous_kib());
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }

    std::atomic<long> peak_kib_ = 0;
    std::jthread watcher_;
};

}  // namespace asterope::bench

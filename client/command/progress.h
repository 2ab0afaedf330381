#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace asterope::command {

/// A line on the terminal that shows how far long work has come; nothing when stderr is no terminal or the work is short.
/// Threads: one at a time. Destroying it removes the line.
class Progress {
  public:
    using Clock = std::chrono::steady_clock;

    Progress();
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `bytes` = 0: unknown.
    void begin(const std::string& name, std::uint64_t bytes);
    void add(std::uint64_t bytes);
    /// Removes the line, so that something else can be printed.
    void hide();

  private:
    void show(Clock::time_point now);

    const bool enabled_;
    bool shown_ = false;
    Clock::time_point started_ = Clock::now(), last_ = started_;
    std::string name_;
    std::uint64_t total_ = 0, done_ = 0;  ///< of the present file
    std::uint64_t all_done_ = 0;          ///< of all files
};

/// "ct.mha   45%  1.2 GiB of 2.6 GiB  310.0 MiB/s"
std::string progress_line(const std::string& name, std::uint64_t done, std::uint64_t total, double bytes_per_second);
/// "1.2 GiB"
std::string size_text(std::uint64_t bytes);

}  // namespace asterope::command

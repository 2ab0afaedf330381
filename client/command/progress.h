#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace asterope::command {

enum class Unit { bytes, items };

/// A line on the terminal that shows how far long work has come; nothing when stderr is no terminal or the work is short.
/// Threads: one at a time. Destroying it removes the line.
class Progress {
  public:
    using Clock = std::chrono::steady_clock;

    Progress();
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `total` = 0: unknown.
    void begin(const std::string& name, std::uint64_t total, Unit unit = Unit::bytes);
    void add(std::uint64_t count);
    /// What was done of the present file is `done` now.
    void reach(std::uint64_t done) { add(done > done_ ? done - done_ : 0); }
    /// Removes the line, so that something else can be printed.
    void hide();

  private:
    void show(Clock::time_point now);

    const bool enabled_;
    bool shown_ = false;
    Clock::time_point started_ = Clock::now(), last_ = started_;
    std::string name_;
    Unit unit_ = Unit::bytes;
    std::uint64_t total_ = 0, done_ = 0;  ///< of the present file
    std::uint64_t all_done_ = 0;          ///< of all files
};

/// "ct.mha   45%  1.2 GiB of 2.6 GiB  310.0 MiB/s"
std::string progress_line(const std::string& name, std::uint64_t done, std::uint64_t total, double bytes_per_second);
/// "names  45%", or without a total "names  1200"
std::string count_line(const std::string& name, std::uint64_t done, std::uint64_t total);
/// "1.2 GiB"
std::string size_text(std::uint64_t bytes);

}  // namespace asterope::command

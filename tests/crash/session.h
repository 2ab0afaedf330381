#pragma once

#include <functional>
#include <map>
#include <random>
#include <string>

#include "engine/storage/local_volume.h"
#include "tests/crash/judge.h"

namespace asterope::crash {

/// One store that lives and dies many times, and what it must contain.
class Session {
  public:
    Session(std::string store, std::uint64_t seed);

    /// Runs one life, through the Volume API or through a mount that `mountpoint` names, until a random moment; then calls `strike`.
    /// The random moment may come before the life has begun.
    void live(const std::function<void()>& strike);
    void live_through(const std::string& mountpoint, const std::function<void()>& strike);
    /// Opens the store and compares all of it with what it must be. Returns what is wrong, empty = nothing.
    std::string check(Crash crash);
    /// Figures of all lives, one line.
    std::string summary() const;

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    const std::string& store() const { return store_; }

  private:
    void run(const std::function<void()>& body, const std::function<void()>& strike);
    Life next_life(bool through_mount);
    std::string check_life(LocalVolume& volume, const std::vector<Event>& events, Crash crash);

    const std::string store_;
    std::mt19937_64 random_;
    EventLog log_;
    Life life_;
    std::string failure_;                    ///< of the life itself
    std::map<int, std::string> earlier_;     ///< description of the earlier lives that are kept
    std::uint64_t lives_ = 0, unborn_ = 0, answered_ = 0, lost_ = 0, hurt_ = 0;
    std::int64_t lost_us_max_ = 0, open_us_max_ = 0;
};

/// The number in the environment variable `name`, else `otherwise`.
int count_of_run(const char* name, int otherwise);

}  // namespace asterope::crash

#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "tests/crash/event_log.h"
#include "tests/crash/step.h"

namespace asterope::crash {

/// One life of a store: threads that change it until the process is killed. Everything follows from the seed.
struct Life {
    int number = 0;
    int threads = 1;
    std::uint64_t seed = 0;
    bool through_mount = false;
    bool syncs = true;  ///< else only the background does
    std::uint64_t step_count_max = 20'000;  ///< of each thread; then it waits for its end

    /// Where a life, and one of its threads, is at work.
    static std::string directory_of(int number) { return "life" + std::to_string(number); }
    std::string directory() const { return directory_of(number); }
    std::string directory(int thread) const { return directory() + "/t" + std::to_string(thread); }
    StepSource steps(int thread) const {
        return StepSource(seed * 16 + static_cast<std::uint64_t>(thread), {.puts = !through_mount, .syncs = syncs});
    }
};
constexpr int kLivesKept = 3;  ///< a life first removes what the fourth before it left

/// A child process that dies with this one.
class Child {
  public:
    explicit Child(const std::function<void()>& body);
    ~Child() { kill(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    bool running();
    /// SIGKILL; returns when nothing of it is left.
    void kill();
    /// Waits for its end. Returns its exit status, -1 if a signal ended it.
    int wait();

  private:
    pid_t pid_ = -1;
};

/// Bodies of children. They do not return before they are killed, but on errors, which they print.
void live_in_store(const std::string& store, const Life& life, EventLog& log);
void live_in_mount(const std::string& mountpoint, const Life& life, EventLog& log);
void only_open(const std::string& store);

}  // namespace asterope::crash

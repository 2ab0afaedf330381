#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/storage/descriptor.h"

namespace asterope::crash {

/// What a victim tells before and after each step. The order of the events is that of the file.
struct Event {
    enum class Kind : std::uint32_t {
        ready,     ///< the directories of this life are there, durably
        started,   ///< a step is about to be asked for
        answered,  ///< and has been answered: outcome is 0 or its errno
        broken,    ///< and got an error that no state of the tree explains; the thread asks for no more
        crash,     ///< written by the parent: the crash comes next
    };
    Kind kind{};
    std::uint32_t thread = 0;
    std::uint64_t step = 0;  ///< counted from 0 in each thread
    std::int32_t outcome = 0;
    std::uint32_t durable = 0;
    std::int64_t time_us = 0;
};

/// A file on a filesystem that the crash does not concern. Threads and processes: any, at the same time.
class EventLog {
  public:
    /// Makes an empty, unnamed file.
    EventLog();
    void add(Event event);
    std::vector<Event> read() const;
    void clear();

  private:
    Descriptor file_;
};

}  // namespace asterope::crash

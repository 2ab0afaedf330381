#pragma once

#include <string>
#include <vector>

#include "tests/crash/victim.h"

namespace asterope::crash {

enum class Crash : std::uint8_t {
    kill,       ///< of the process: everything answered is there
    power_cut,  ///< a prefix of everything, with all that was synced
};

struct Verdict {
    std::string problem;              ///< empty: the promises were kept
    std::uint64_t answered = 0;       ///< steps answered before the crash
    std::uint64_t lost = 0;           ///< of these, steps that the state does not contain
    std::int64_t lost_us = 0;         ///< how long before the crash the first of them was answered
};

/// Whether `found`, a description of the directory of each thread, is a state that `life` may have after `crash`.
///
/// Each thread has a directory of its own, so the steps are the same, whatever the others do: a reference volume is led through them.
/// The state is a prefix of the whole history if there was a moment (a position in the log) at which it was the state: each thread is then
/// after the last step that was answered, or after the one that was asked for. After a kill that moment is the end; after a power cut
/// it does not come before the last sync that was answered before the cut began.
Verdict judge(const Life& life, const std::vector<Event>& events, const std::vector<std::string>& found, Crash crash);

}  // namespace asterope::crash

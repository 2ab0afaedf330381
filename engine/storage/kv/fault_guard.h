#pragma once

#include <type_traits>

namespace asterope::kv {

/// Reading mapped memory can fail in ways that only a signal tells: the disk does not give a page back
/// (SIGBUS), or bytes of a damaged page were taken for a place in memory (SIGSEGV). Within run_guarded() such
/// a fault ends the work instead of the process: it is left where it stands, so it must hold nothing that has
/// to be given back. Outside of it, and in threads that do not use it, the signals do what they did before.
/// Threads: any.

/// Catches the signals from now on. Again: no effect.
void install_fault_guard();

/// Runs `work(argument)`. Returns false if a fault, or abandon_guarded_work(), ended it. Not to be nested.
bool run_guarded(void (*work)(void*), void* argument);

template <class Work>
bool run_guarded(Work&& work) {
    return run_guarded([](void* argument) { (*static_cast<std::remove_reference_t<Work>*>(argument))(); },
                       &work);
}

/// Ends the guarded work of this thread; returns if there is none.
void abandon_guarded_work();

}  // namespace asterope::kv

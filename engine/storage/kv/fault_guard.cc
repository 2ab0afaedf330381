#include "engine/storage/kv/fault_guard.h"

#include <csetjmp>
#include <csignal>
#include <mutex>

namespace asterope::kv {
namespace {

/// Where this thread goes on after a fault; nullptr outside of guarded work.
thread_local sigjmp_buf* volatile fault_place = nullptr;

struct sigaction bus_before, segv_before;

void on_fault(int signal, siginfo_t*, void*) {
    abandon_guarded_work();
    ::sigaction(signal, signal == SIGBUS ? &bus_before : &segv_before, nullptr);
    ::raise(signal);
}

}  // namespace

void install_fault_guard() {
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action {};
        action.sa_sigaction = on_fault;
        // The handler may be left by a jump: the signal must not stay blocked.
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        sigemptyset(&action.sa_mask);
        ::sigaction(SIGBUS, &action, &bus_before);
        ::sigaction(SIGSEGV, &action, &segv_before);
    });
}

bool run_guarded(void (*work)(void*), void* argument) {
    sigjmp_buf place;
    // The signal mask is not saved: that would be a system call each time.
    if (sigsetjmp(place, 0) != 0) {
        fault_place = nullptr;
        return false;
    }
    fault_place = &place;
    work(argument);
    fault_place = nullptr;
    return true;
}

void abandon_guarded_work() {
    if (fault_place != nullptr) siglongjmp(*fault_place, 1);
}

}  // namespace asterope::kv

#include "client/command/unmounting.h"

#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "engine/core/descriptor.h"

namespace asterope::command {
namespace {

constexpr std::chrono::seconds kPatience(10);
constexpr const char* kHint =
    "asterope: still waiting for '%s': much is to be written, or another mount namespace (a container) shows the mount too\n";

}  // namespace

Status wait_until_released(const std::string& store) {
    // The lock of the store is the last thing that the process lets go of.
    const auto lock = open_file(store + "/lock", O_RDWR);
    if (!lock) return Unexpected(lock.error());
    const std::jthread hint([&](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock waiting(mutex);
        never.wait_for(waiting, stop, kPatience, [] { return false; });
        if (!stop.stop_requested()) std::fprintf(stderr, kHint, store.c_str());
    });
    while (::flock(lock->get(), LOCK_EX) != 0)
        if (errno != EINTR) return fail_errno(errno, "waiting for the store");
    return {};
}

}  // namespace asterope::command

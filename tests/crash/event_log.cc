#include "tests/crash/event_log.h"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>

namespace asterope::crash {
namespace {

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

EventLog::EventLog() {
    std::string name = (std::filesystem::temp_directory_path() / "asterope-crash-log-XXXXXX").string();
    file_ = Descriptor(::mkostemp(name.data(), O_APPEND | O_CLOEXEC));
    if (!file_) throw std::runtime_error("cannot make " + name);
    ::unlink(name.c_str());
}

void EventLog::add(Event event) {
    event.time_us = now_us();
    // One write of a file opened for appending: whole, and in one order for all.
    if (::write(file_.get(), &event, sizeof event) != sizeof event) std::abort();
}

std::vector<Event> EventLog::read() const {
    struct stat status {};
    ::fstat(file_.get(), &status);
    std::vector<Event> events(static_cast<std::size_t>(status.st_size) / sizeof(Event));
    (void)storage::read_at(file_.get(), 0, std::as_writable_bytes(std::span(events)));
    return events;
}

void EventLog::clear() {
    if (::ftruncate(file_.get(), 0) != 0) std::abort();
}

}  // namespace asterope::crash

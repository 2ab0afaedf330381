#include "engine/storage/scrubber.h"

namespace asterope::storage {

using kv::Table;

namespace {

constexpr const char* kAfter = "scrub_after";
constexpr const char* kDone = "scrub_done";
constexpr std::chrono::seconds kInterval{30};  ///< between looks at the clock
constexpr std::uint64_t kBytesPerSecond = 20u << 20;
constexpr std::uint64_t kFilesAtOnce = 16;

}  // namespace

Scrubber::Scrubber(BackgroundRooms rooms, std::chrono::hours interval) : rooms_(std::move(rooms)), interval_(interval) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Scrubber::run(const std::stop_token& stop) {
    make_io_idle();
    std::mutex mutex;
    std::condition_variable_any alarm;
    std::unique_lock lock(mutex);
    do {
        while (is_due() && !stop.stop_requested()) {
            const Status done = scrub_some(stop);
            if (!done && done.error().code != Errc::interrupted) rooms_.log("scrub: " + done.error().text());
            if (!done) break;
        }
    } while (!alarm.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); }));
}

bool Scrubber::is_due() const {
    const auto now = rooms_.writer.now();
    const View view(*now);
    const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(interval_).count();
    return view.number(kAfter).value_or(0) != 0 ||
           Timestamp::now().seconds >= static_cast<std::int64_t>(view.number(kDone).value_or(0)) + seconds;
}

Status Scrubber::scrub_some(const std::stop_token& stop) {
    const NodeId after{View(*rooms_.writer.now()).number(kAfter).value_or(0)};
    ScrubOptions options{.bytes_per_second = kBytesPerSecond, .after = after, .files_max = kFilesAtOnce};
    options.watch.stop = stop;
    const ScrubReport report = ASTEROPE_TRY(scrub(rooms_, options));
    files_ += report.files;
    bytes_ += report.bytes;
    damaged_ += report.damaged_count;
    for (const auto& [key, what] : report.damaged) rooms_.log("scrub: '" + key + "' is damaged: " + what);
    const bool ended = raw(report.last) == 0;
    if (ended) {
        rooms_.log("scrub: " + std::to_string(files_) + " files with " + std::to_string(bytes_) + " bytes are as they were written, " +
                   std::to_string(damaged_) + " are damaged");
        files_ = bytes_ = damaged_ = 0;
    }
    return rooms_.writer.run([&](Edit& edit) -> Status {
        edit.batch().put(Table::meta, kAfter, u64_key(raw(report.last)));
        if (ended) edit.batch().put(Table::meta, kDone, u64_key(static_cast<std::uint64_t>(Timestamp::now().seconds)));
        return {};
    });
}

}  // namespace asterope::storage

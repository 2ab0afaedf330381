#include "client/command/progress.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace asterope::command {
namespace {
constexpr std::chrono::milliseconds kBeforeFirst{700};
constexpr std::chrono::milliseconds kBetween{100};
constexpr std::size_t kNameColumns = 40;
}  // namespace

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 7> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
    return text.data();
}

std::string progress_line(const std::string& name, std::uint64_t done, std::uint64_t total, double bytes_per_second) {
    std::string line = name;
    // The end of a long name tells more than its beginning.
    if (line.size() > kNameColumns) line = "..." + line.substr(line.size() - kNameColumns + 3);
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < ' ' || c == 127) c = '?';
    }
    if (total > 0) {
        const double share = 100.0 * static_cast<double>(done) / static_cast<double>(total);
        line += "  " + std::to_string(static_cast<int>(share > 100 ? 100 : share)) + "%  " + size_text(done) + " of " +
                size_text(total);
    } else {
        line += "  " + size_text(done);
    }
    return line + "  " + size_text(static_cast<std::uint64_t>(bytes_per_second)) + "/s";
}

std::string count_line(const std::string& name, std::uint64_t done, std::uint64_t total) {
    if (total == 0) return name + "  " + std::to_string(done);
    return name + "  " + std::to_string(std::min<std::uint64_t>(100, 100 * done / total)) + "%";
}

Progress::Progress() : enabled_(::isatty(STDERR_FILENO) == 1) {}
Progress::~Progress() {
    hide();
}

void Progress::begin(const std::string& name, std::uint64_t total, Unit unit) {
    name_ = name;
    unit_ = unit;
    total_ = total;
    done_ = 0;
}

void Progress::add(std::uint64_t count) {
    done_ += count;
    all_done_ += count;
    if (!enabled_) return;
    const auto now = Clock::now();
    if (now - started_ >= kBeforeFirst && now - last_ >= kBetween) show(now);
}

void Progress::show(Clock::time_point now) {
    const double seconds = std::chrono::duration<double>(now - started_).count();
    const std::string line = unit_ == Unit::items ? count_line(name_, done_, total_)
                                                  : progress_line(name_, done_, total_, static_cast<double>(all_done_) / seconds);
    std::fprintf(stderr, "\r%s\033[K", line.c_str());
    last_ = now;
    shown_ = true;
}

void Progress::hide() {
    if (shown_) std::fputs("\r\033[K", stderr);
    shown_ = false;
}

}  // namespace asterope::command

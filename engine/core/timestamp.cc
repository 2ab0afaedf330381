#include "engine/core/timestamp.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace asterope {
namespace {

constexpr std::int64_t kDaySeconds = 86400;

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

std::int64_t floor_day(std::int64_t seconds) {
    return seconds / kDaySeconds - (seconds % kDaySeconds < 0 ? 1 : 0);
}
Timestamp at_midnight(sys_days date) { return {std::int64_t{date.time_since_epoch().count()} * kDaySeconds, 0}; }

/// Reads digits and separators from the front of a text.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}
    bool at_end() const { return text_.empty(); }
    bool take(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    /// Exactly `count` digits.
    std::optional<int> number(std::size_t count) {
        if (text_.size() < count) return std::nullopt;
        int n = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
            n = n * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(count);
        return n;
    }
    std::optional<std::pair<std::uint32_t, std::uint32_t>> fraction() {  // nanoseconds and the width of the last digit
        std::uint32_t ns = 0, unit = 1'000'000'000;
        std::size_t digits = 0;
        while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
            if (++digits <= 9) {
                unit /= 10;
                ns += static_cast<std::uint32_t>(text_.front() - '0') * unit;
            }
            text_.remove_prefix(1);
        }
        if (digits == 0) return std::nullopt;
        return std::pair{ns, unit};
    }

  private:
    std::string_view text_;
};

std::optional<year_month_day> checked_date(int y, int m, int d) {
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
    if (!date.ok() || y < 1) return std::nullopt;
    return date;
}

/// The zone at the end of a text: seconds east of UTC; nothing means UTC.
std::optional<int> zone_seconds(Scanner& in) {
    if (in.at_end()) return 0;
    if (in.take('Z') || in.take('z')) return in.at_end() ? std::optional(0) : std::nullopt;
    const bool west = in.take('-');
    if (!west && !in.take('+')) return std::nullopt;
    const auto hours = in.number(2);
    in.take(':');
    const auto minutes = in.number(2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59 || !in.at_end()) return std::nullopt;
    const int east = *hours * 3600 + *minutes * 60;
    return west ? -east : east;
}

std::optional<TimeInterval> parse_time_of_day(Scanner& in, Timestamp midnight) {
    const auto hour = in.number(2);
    if (!hour || !in.take(':')) return std::nullopt;
    const auto minute = in.number(2);
    if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
    Timestamp begin{midnight.seconds + *hour * 3600 + *minute * 60, 0};
    std::uint64_t width_ns = 60'000'000'000;
    if (in.take(':')) {
        const auto second = in.number(2);
        if (!second || *second > 59) return std::nullopt;
        begin.seconds += *second;
        width_ns = 1'000'000'000;
        if (in.take('.') || in.take(',')) {
            const auto part = in.fraction();
            if (!part) return std::nullopt;
            begin.nanoseconds = part->first;
            width_ns = part->second;
        }
    }
    const auto east = zone_seconds(in);
    if (!east) return std::nullopt;
    begin.seconds -= *east;
    const std::uint64_t end_ns = begin.nanoseconds + width_ns;
    return TimeInterval{begin, {begin.seconds + static_cast<std::int64_t>(end_ns / 1'000'000'000),
                                static_cast<std::uint32_t>(end_ns % 1'000'000'000)}};
}

}  // namespace

Timestamp Timestamp::now() {
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
    return {ns / 1'000'000'000, static_cast<std::uint32_t>(ns % 1'000'000'000)};
}

Timestamp add(Timestamp t, TimeUnit unit, std::int64_t count) {
    static constexpr std::array<std::int64_t, 5> kSeconds{1, 60, 3600, kDaySeconds, 7 * kDaySeconds};
    if (unit < TimeUnit::month) {
        std::int64_t moved = 0;
        if (__builtin_mul_overflow(kSeconds[static_cast<std::size_t>(unit)], count, &moved) ||
            __builtin_add_overflow(t.seconds, moved, &moved))
            moved = count < 0 ? INT64_MIN : INT64_MAX;
        return {moved, t.nanoseconds};
    }
    constexpr std::int64_t kMonthsMax = 12 * 20000;
    const std::int64_t per_unit = unit == TimeUnit::year ? 12 : 1;
    const std::int64_t bounded = std::min(std::max(count, -kMonthsMax), kMonthsMax) * per_unit;
    const std::int64_t day_number = floor_day(t.seconds);
    const year_month_day from{sys_days{days{day_number}}};
    year_month_day to = from + months{std::min(std::max(bounded, -kMonthsMax), kMonthsMax)};
    if (!to.ok()) to = year_month_day{to.year() / to.month() / std::chrono::last};
    return {at_midnight(sys_days{to}).seconds + (t.seconds - day_number * kDaySeconds), t.nanoseconds};
}

Timestamp start_of_day(Timestamp t) { return {floor_day(t.seconds) * kDaySeconds, 0}; }

std::optional<TimeInterval> parse_time_interval(std::string_view text) {
    Scanner in(text);
    const auto y = in.number(4);
    if (!y || *y < 1) return std::nullopt;
    if (in.at_end()) {
        const auto first = sys_days{year{*y} / 1 / 1};
        return TimeInterval{at_midnight(first), at_midnight(sys_days{year{*y + 1} / 1 / 1})};
    }
    if (!in.take('-')) return std::nullopt;
    const auto m = in.number(2);
    if (!m || *m < 1 || *m > 12) return std::nullopt;
    if (in.at_end()) {
        const auto first = year{*y} / month{static_cast<unsigned>(*m)} / 1;
        return TimeInterval{at_midnight(sys_days{first}), at_midnight(sys_days{first + months{1}})};
    }
    if (!in.take('-')) return std::nullopt;
    const auto d = in.number(2);
    if (!d) return std::nullopt;
    const auto date = checked_date(*y, *m, *d);
    if (!date) return std::nullopt;
    const Timestamp midnight = at_midnight(sys_days{*date});
    if (in.at_end()) return TimeInterval{midnight, {midnight.seconds + kDaySeconds, 0}};
    if (!in.take('T') && !in.take('t') && !in.take(' ')) return std::nullopt;
    return parse_time_of_day(in, midnight);
}

std::optional<TimeInterval> parse_compact_date(std::string_view text) {
    Scanner in(text);
    const auto y = in.number(4), m = in.number(2), d = in.number(2);
    if (!y || !m || !d || !in.at_end()) return std::nullopt;
    const auto date = checked_date(*y, *m, *d);
    if (!date) return std::nullopt;
    const Timestamp midnight = at_midnight(sys_days{*date});
    return TimeInterval{midnight, {midnight.seconds + kDaySeconds, 0}};
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
    if (text.size() < 7) return std::nullopt;
    const auto interval = parse_time_interval(text);
    return interval ? std::optional(interval->begin) : std::nullopt;
}

std::string to_rfc3339(Timestamp t) {
    const std::int64_t day_number = floor_day(t.seconds);
    constexpr std::int64_t kDaysMax = 20000 * 366;  // beyond what the calendar type holds, the number itself is the text
    if (day_number > kDaysMax || day_number < -kDaysMax) return std::to_string(t.seconds);
    const year_month_day date{sys_days{days{day_number}}};
    const int second = static_cast<int>(t.seconds - day_number * kDaySeconds);
    std::array<char, 64> text{};
    int length = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                               static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3600,
                               second / 60 % 60, second % 60);
    std::string out(text.data(), static_cast<std::size_t>(length));
    if (t.nanoseconds != 0) {
        length = std::snprintf(text.data(), text.size(), ".%09u", t.nanoseconds);
        std::string fraction(text.data(), static_cast<std::size_t>(length));
        fraction.erase(fraction.find_last_not_of('0') + 1);
        out += fraction;
    }
    return out + "Z";
}

}  // namespace asterope

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asterope {

/// A point in UTC time to the nanosecond, years 0001 to 9999 in text and wider as a number.
/// Units:  seconds since 1970-01-01T00:00:00Z (negative before), nanoseconds 0 to 999 999 999.
struct Timestamp {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;

    auto operator<=>(const Timestamp&) const = default;

    static Timestamp now();
};

/// The calendar units of date arithmetic.
enum class TimeUnit { second, minute, hour, day, week, month, year };

/// `t` moved by `count` units; months and years keep the day, cut to the month's last (31 Jan + 1mo = 28/29 Feb).
Timestamp add(Timestamp t, TimeUnit unit, std::int64_t count);
/// The start of the UTC day of `t`.
Timestamp start_of_day(Timestamp t);

/// What an ISO 8601 text means: the half-open interval [begin, end) of its precision.
struct TimeInterval {
    Timestamp begin;
    Timestamp end;
    bool operator==(const TimeInterval&) const = default;
};

/// Parses ISO 8601 / RFC 3339: YYYY, YYYY-MM, YYYY-MM-DD, and the last followed by [T or space]hh:mm[:ss[.fff…]][Z|±hh:mm|±hhmm].
/// No zone means UTC. Errors: nullopt for anything else (also the 31st of April).
std::optional<TimeInterval> parse_time_interval(std::string_view text);
/// YYYYMMDD, as DICOM writes a date.
std::optional<TimeInterval> parse_compact_date(std::string_view text);
/// The begin of parse_time_interval for text that has at least a year and a month; nullopt for a bare year.
/// This is how text in a document is read as a timestamp.
std::optional<Timestamp> parse_timestamp(std::string_view text);

/// RFC 3339 with as many fraction digits as needed: 2024-01-15T00:00:00Z, 2024-01-15T10:00:00.25Z.
std::string to_rfc3339(Timestamp t);

}  // namespace asterope

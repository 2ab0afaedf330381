#include "query/literal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace asterope::query {
namespace {

struct Suffix {
    std::string_view text;
    int exponent;   ///< of ten, or
    int doublings;  ///< of two
};
constexpr std::array<Suffix, 8> kSuffixes{{{"Ki", 0, 10},
                                           {"Mi", 0, 20},
                                           {"Gi", 0, 30},
                                           {"Ti", 0, 40},
                                           {"K", 3, 0},
                                           {"M", 6, 0},
                                           {"G", 9, 0},
                                           {"T", 12, 0}}};

struct Unit {
    std::string_view text;
    TimeUnit unit;
};
constexpr std::array<Unit, 7> kUnits{{{"s", TimeUnit::second},
                                      {"m", TimeUnit::minute},
                                      {"h", TimeUnit::hour},
                                      {"d", TimeUnit::day},
                                      {"w", TimeUnit::week},
                                      {"mo", TimeUnit::month},
                                      {"y", TimeUnit::year}}};

/// A double that is an integer of 64 bits becomes that integer: equal numbers have one spelling in plans and
/// messages.
Value normal_number(double d) {
    constexpr double kTwo63 = 9223372036854775808.0;
    if (std::trunc(d) != d || d < -kTwo63 || d >= 2 * kTwo63) return Value(d);
    if (d < kTwo63) return Value(static_cast<std::int64_t>(d));
    return Value(static_cast<std::uint64_t>(d));
}

/// `mantissa` is a JSON number without an exponent.
std::optional<Value> scaled(std::string_view mantissa, const Suffix& suffix) {
    const auto number = parse_json_number(mantissa);
    if (!number) return std::nullopt;
    const std::int64_t factor = [&] {
        std::int64_t f = std::int64_t{1} << suffix.doublings;
        for (int i = 0; i < suffix.exponent; ++i) f *= 10;
        return f;
    }();
    std::int64_t product = 0;
    if (const auto* i = number->get_if<std::int64_t>(); i && !__builtin_mul_overflow(*i, factor, &product))
        return Value(product);
    if (suffix.exponent != 0)  // rounded once, from the digits as they stand
        return normal_number(
            std::strtod((std::string(mantissa) + "e" + std::to_string(suffix.exponent)).c_str(), nullptr));
    return normal_number(std::ldexp(std::strtod(std::string(mantissa).c_str(), nullptr), suffix.doublings));
}

TimeInterval interval_of(const RelativeTime& relative, Timestamp now) {
    const Timestamp from = relative.today ? start_of_day(now) : now;
    const Timestamp begin = add(from, relative.unit, relative.count);
    const bool whole_day = relative.today && relative.unit >= TimeUnit::day;
    if (whole_day || (relative.today && relative.count == 0)) return {begin, add(begin, TimeUnit::day, 1)};
    Timestamp end = begin;
    if (++end.nanoseconds == 1'000'000'000) end = {add(begin, TimeUnit::second, 1).seconds, 0};
    return {begin, end};
}

}  // namespace

bool is_word_char(char c) {
    constexpr std::string_view kNot = " \t\r\n\v\f'\"(),=<>!&|";
    return c != '\0' && kNot.find(c) == std::string_view::npos;
}

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_word_char);
}

std::optional<RelativeTime> parse_relative_time(std::string_view text) {
    RelativeTime out;
    if (text.starts_with("now")) {
        text.remove_prefix(3);
    } else if (text.starts_with("today")) {
        out.today = true;
        text.remove_prefix(5);
    } else {
        return std::nullopt;
    }
    if (text.empty()) return out;
    if (text.front() != '+' && text.front() != '-') return std::nullopt;
    const bool back = text.front() == '-';
    text.remove_prefix(1);
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out.count);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    const auto unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.text == text; });
    if (unit == kUnits.end()) return std::nullopt;
    if (back) out.count = -out.count;
    out.unit = unit->unit;
    return out;
}

std::optional<Value> parse_literal_number(std::string_view text) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (text == "inf") return Value(kInfinity);
    if (text == "-inf") return Value(-kInfinity);
    if (text == "nan") return Value(std::numeric_limits<double>::quiet_NaN());
    if (auto number = parse_json_number(text)) return number;
    for (const Suffix& suffix : kSuffixes) {
        if (!text.ends_with(suffix.text)) continue;
        const std::string_view mantissa = text.substr(0, text.size() - suffix.text.size());
        return mantissa.find_first_of("eE") == std::string_view::npos ? scaled(mantissa, suffix)
                                                                      : std::nullopt;
    }
    return std::nullopt;
}

LiteralReadings readings_of(const Literal& literal, FieldType declared, Timestamp now) {
    LiteralReadings out;
    if (literal.text_only) return out;
    out.number = parse_literal_number(literal.text);
    out.time = parse_time_interval(literal.text);
    if (!out.time && declared == FieldType::date) out.time = parse_compact_date(literal.text);
    if (const auto relative = parse_relative_time(literal.text)) out.time = interval_of(*relative, now);
    if (literal.text == "true" || literal.text == "false") out.boolean = literal.text == "true";
    out.null = literal.text == "null";
    return out;
}

Literal Literal::quoted(std::string_view text) {
    return {std::string(text), true};
}

Literal Literal::bare(std::string_view spelling) {
    Literal literal{std::string(spelling), false};
    literal.text_only = !is_word(spelling) || !readings_of(literal, FieldType::undeclared, {}).any();
    return literal;
}

}  // namespace asterope::query

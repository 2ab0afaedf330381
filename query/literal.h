#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/timestamp.h"
#include "engine/core/value.h"
#include "query/ast.h"
#include "query/typing.h"

namespace asterope::query {

/// What a literal may mean besides its own text.
struct LiteralReadings {
    std::optional<Value> number;       ///< int64_t, uint64_t or double
    std::optional<TimeInterval> time;  ///< half-open, in UTC
    std::optional<bool> boolean;
    bool null = false;

    bool ordered() const { return number.has_value() || time.has_value(); }
    bool any() const { return ordered() || boolean.has_value() || null; }
};

/// The readings of `literal` in a field declared `declared`, relative dates counted from `now`. None for a
/// text-only literal.
LiteralReadings readings_of(const Literal& literal, FieldType declared, Timestamp now);

/// Whether `text` is a run of bytes that the expression form takes as one unquoted word.
bool is_word(std::string_view text);
bool is_word_char(char c);

/// "now", "today", and either followed by + or - and a count with a unit: now-7d.
struct RelativeTime {
    bool today = false;
    TimeUnit unit = TimeUnit::second;
    std::int64_t count = 0;
};
std::optional<RelativeTime> parse_relative_time(std::string_view text);

/// A JSON number with a suffix K M G T Ki Mi Gi Ti, or without; inf, -inf, nan.
std::optional<Value> parse_literal_number(std::string_view text);

}  // namespace asterope::query

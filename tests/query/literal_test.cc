#include "query/literal.h"

#include <gtest/gtest.h>

namespace asterope::query::testing {
namespace {

constexpr Timestamp kNow{1705276800 + 40000, 999'999'999};  // 2024-01-15T11:06:40

std::string times(const char* spelling) {
    const auto time = readings_of(Literal::bare(spelling), FieldType::undeclared, kNow).time;
    return time ? to_rfc3339(time->begin) + " .. " + to_rfc3339(time->end) : "none";
}

TEST(Literals, SuffixesMultiplyExactly) {
    EXPECT_EQ(parse_literal_number("1K"), Value(1000));
    EXPECT_EQ(parse_literal_number("1.5G"), Value(1'500'000'000));
    EXPECT_EQ(parse_literal_number("1.1G"), Value(1'100'000'000));
    EXPECT_EQ(parse_literal_number("0.1K"), Value(100));
    EXPECT_EQ(parse_literal_number("2Ki"), Value(2048));
    EXPECT_EQ(parse_literal_number("0.5Mi"), Value(524288));
    EXPECT_EQ(parse_literal_number("3Ti"), Value(3L << 40));
    EXPECT_EQ(parse_literal_number("-2M"), Value(-2'000'000));
    EXPECT_EQ(parse_literal_number("16777216Ti"), Value(18446744073709551616.0));
    EXPECT_EQ(parse_literal_number("9007199254740993K"), Value(9007199254740993000L));
    EXPECT_EQ(parse_literal_number("1e3K"), std::nullopt);
    EXPECT_EQ(parse_literal_number("K"), std::nullopt);
    EXPECT_EQ(parse_literal_number("1k"), std::nullopt);
}

TEST(Literals, DatesAreIntervals) {
    EXPECT_EQ(times("2024"), "2024-01-01T00:00:00Z .. 2025-01-01T00:00:00Z");
    EXPECT_EQ(times("2024-02"), "2024-02-01T00:00:00Z .. 2024-03-01T00:00:00Z");
    EXPECT_EQ(times("2024-01-15T10:00+02:00"), "2024-01-15T08:00:00Z .. 2024-01-15T08:01:00Z");
    EXPECT_EQ(times("20240115"), "none");
    EXPECT_TRUE(readings_of(Literal::bare("20240115"), FieldType::date, kNow).time.has_value());
}

TEST(Literals, RelativeTimesCountFromOneInstant) {
    EXPECT_EQ(times("now"), "2024-01-15T11:06:40.999999999Z .. 2024-01-15T11:06:41Z");
    EXPECT_EQ(times("now-90m"), "2024-01-15T09:36:40.999999999Z .. 2024-01-15T09:36:41Z");
    EXPECT_EQ(times("today"), "2024-01-15T00:00:00Z .. 2024-01-16T00:00:00Z");
    EXPECT_EQ(times("today-7d"), "2024-01-08T00:00:00Z .. 2024-01-09T00:00:00Z");
    EXPECT_EQ(times("today+2w"), "2024-01-29T00:00:00Z .. 2024-01-30T00:00:00Z");
    EXPECT_EQ(times("today-1mo"), "2023-12-15T00:00:00Z .. 2023-12-16T00:00:00Z");
    EXPECT_EQ(times("today-6h"), "2024-01-14T18:00:00Z .. 2024-01-14T18:00:00.000000001Z");
    EXPECT_EQ(times("now-7"), "none");
    EXPECT_EQ(times("now-7x"), "none");
    EXPECT_EQ(times("now--7d"), "none");
}

TEST(Literals, FarRelativeTimesStayDefined) {
    for (const char* unit : {"s", "m", "h", "d", "w", "mo", "y"})
        for (const char* sign : {"now+", "now-", "today+", "today-"})
            EXPECT_NE(times((std::string(sign) + "9223372036854775807" + unit).c_str()), "none");
    EXPECT_EQ(times("now+9223372036854775808s"), "none");
}

TEST(Literals, QuotedTextHasNoOtherReading) {
    EXPECT_FALSE(readings_of(Literal::quoted("5"), FieldType::number, kNow).any());
}

}  // namespace
}  // namespace asterope::query::testing

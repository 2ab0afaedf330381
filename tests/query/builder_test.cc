#include "query/builder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "query/parser.h"
#include "query/printer.h"

namespace asterope::query::testing {
namespace {

/// The expression of `built`, after checking that it parses to the same tree.
std::string text_of(const Query& built) {
    std::string text = to_string(built);
    const auto parsed = parse_expression(text);
    EXPECT_TRUE(parsed.has_value()) << parsed.error().text();
    EXPECT_TRUE(parsed && *parsed == built) << text;
    return text;
}

TEST(Builder, WritesWhatTheParserReads) {
    EXPECT_EQ(text_of((field("Modality") == "CT" && field("dose") > 50.0) || missing("reviewed")),
              "Modality = 'CT' and dose > 50 or missing(reviewed)");
    EXPECT_EQ(text_of(!(field("a") || field("b")) && exists("c")), "not (a or b) and exists(c)");
    EXPECT_EQ(text_of(field("n").in({1, 2, 3}) && field("m").not_in({"x", "y"})),
              "n in (1, 2, 3) and m not in ('x', 'y')");
    EXPECT_EQ(text_of(field("t").like("*x") || field("t").starts_with("a") || field("t").ends_with("b") ||
                      field("t").contains("c")),
              "t like '*x' or t starts with 'a' or t ends with 'b' or t contains 'c'");
    EXPECT_EQ(text_of(field("d").between(-1.5, 2)), "d between -1.5 and 2");
    EXPECT_EQ(text_of(field("x") != nullptr && field("y") == true), "x != null and y = true");
}

TEST(Builder, ClausesFollowAnyCondition) {
    const auto condition = field("a") >= 1;
    EXPECT_EQ(text_of(condition.order_by("b", descending).order_by("c").limit(20).offset(5)),
              "a >= 1 order by b desc, c limit 20 offset 5");
    EXPECT_EQ(text_of(everything().limit(3)), "limit 3");
    EXPECT_EQ(text_of(condition), "a >= 1");
}

TEST(Builder, TextIsTextWhateverItSpells) {
    EXPECT_EQ(text_of(field("PatientID") == "12345"), "PatientID = '12345'");
    EXPECT_EQ(text_of(field("it's") == std::string("O'Brien")), "\"it's\" = 'O''Brien'");
}

TEST(Builder, NumbersKeepTheirValueAtTheEdges) {
    EXPECT_EQ(text_of(field("n") == UINT64_MAX), "n = 18446744073709551615");
    EXPECT_EQ(text_of(field("n") == INT64_MIN), "n = -9223372036854775808");
    EXPECT_EQ(text_of(field("n") < std::numeric_limits<double>::infinity()), "n < inf");
    EXPECT_EQ(text_of(field("n") == std::nan("")), "n = nan");
    EXPECT_EQ(text_of(field("n") > 1e300), "n > 1e+300");
}

TEST(Builder, TimesAreInstantsNotIntervals) {
    EXPECT_EQ(text_of(field("t") == Timestamp{1705276800, 0}), "t = 2024-01-15T00:00:00.000000000Z");
    EXPECT_EQ(text_of(field("t") <= Timestamp{1705276800, 7}), "t <= 2024-01-15T00:00:00.000000007Z");
    EXPECT_EQ(text_of(field("t") < Timestamp{INT64_MAX, 0}), "t < 9999-12-31T23:59:59.000000000Z");
    EXPECT_EQ(text_of(field("t") > Timestamp{INT64_MIN, 0}), "t > 0001-01-01T00:00:00.000000000Z");
}

}  // namespace
}  // namespace asterope::query::testing

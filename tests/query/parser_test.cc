#include "query/parser.h"

#include <gtest/gtest.h>

#include "engine/core/limits.h"
#include "query/printer.h"

namespace asterope::query::testing {
namespace {

std::string parsed(std::string_view text) {
    const auto query = parse_expression(text);
    return query ? to_string(*query) : query.error().message;
}

TEST(Parser, ReadsEveryOperator) {
    EXPECT_EQ(parsed("a=1 and a==1 and a eq 1"), "a = 1 and a = 1 and a = 1");
    EXPECT_EQ(parsed("a!=1 or a<>1 or a ne 1"), "a != 1 or a != 1 or a != 1");
    EXPECT_EQ(parsed("a<1 && a<=2 && a lt 3 && a le 4"), "a < 1 and a <= 2 and a < 3 and a <= 4");
    EXPECT_EQ(parsed("a>1 || a>=2 || a gt 3 || a ge 4"), "a > 1 or a >= 2 or a > 3 or a >= 4");
    EXPECT_EQ(parsed("a in('CT','MR') and b not in (1)"), "a in ('CT', 'MR') and b not in (1)");
    EXPECT_EQ(parsed("a between 1 and 2 and b"), "a between 1 and 2 and b");
    EXPECT_EQ(parsed("t like *x? and t not like 'a''b'"), "t like '*x?' and t not like 'a''b'");
    EXPECT_EQ(parsed("t starts with a and t ends with 'b' and t contains c"),
              "t starts with 'a' and t ends with 'b' and t contains 'c'");
    EXPECT_EQ(parsed("exists(a) and missing ( \"b c\" )"), "exists(a) and missing(\"b c\")");
    EXPECT_EQ(parsed("!a and not b"), "not a and not b");
}

TEST(Parser, BindsNotThenAndThenOr) {
    EXPECT_EQ(parsed("a or b and not c or d"), "a or b and not c or d");
    EXPECT_EQ(parsed("(a or b) and not (c or d)"), "(a or b) and not (c or d)");
    EXPECT_EQ(parsed("((a)) and (b and (c and d))"), "a and b and c and d");
}

TEST(Parser, ReadsClausesInAnyOrderAndWithoutAPredicate) {
    EXPECT_EQ(parsed("limit 5 order by b desc, \"c d\" asc, e offset 2"),
              "order by b desc, \"c d\", e limit 5 offset 2");
    EXPECT_EQ(parsed("a order by b limit 1"), "a order by b limit 1");
    EXPECT_EQ(parsed(""), "");
    EXPECT_EQ(parsed("  \n "), "");
}

TEST(Parser, TakesKeywordsInAnyCase) {
    EXPECT_EQ(parsed("A LIKE 'x' AND NOT B ORDER BY c DESC"), "A like 'x' and not B order by c desc");
}

TEST(Parser, TakesClauseWordsAsFieldsWhereTheyAreCompared) {
    EXPECT_EQ(parsed("limit = 5 and order > 2 and exists = 1"),
              "\"limit\" = 5 and \"order\" > 2 and \"exists\" = 1");
    EXPECT_EQ(parsed("\"and\" = 1"), "\"and\" = 1");
}

TEST(Parser, KeepsBareLiteralsThatReadAsMoreThanText) {
    EXPECT_EQ(parsed("a = CT"), "a = 'CT'");
    EXPECT_EQ(parsed("a = 12345 and b = '12345'"), "a = 12345 and b = '12345'");
    EXPECT_EQ(parsed("a = 00123 and b = 1.2.840.10008"), "a = '00123' and b = '1.2.840.10008'");
    EXPECT_EQ(parsed("a = 1G and b = true and c = null and d = 2024-01"),
              "a = 1G and b = true and c = null and d = 2024-01");
    EXPECT_EQ(parsed("a = 2024-02-30"), "a = '2024-02-30'");
}

TEST(Parser, KeepsRelativeTimesSymbolic) {
    EXPECT_EQ(parsed("a > now - 7d and b < now+1mo and c = today and d >= today -2w"),
              "a > now-7d and b < now+1mo and c = today and d >= today-2w");
    EXPECT_EQ(parsed("a = now or b = yesterday"), "a = now or b = 'yesterday'");
}

TEST(ParserErrors, PointAtTheEndOfTheText) {
    EXPECT_EQ(parsed("Modality = 'CT' and dose >="),
              "query: expected a value after '>='\n"
              "  Modality = 'CT' and dose >=\n"
              "                            ^");
    EXPECT_EQ(parsed("a and  "),
              "query: expected a field after 'and'\n"
              "  a and  \n"
              "      ^");
}

TEST(ParserErrors, PointAtTheWordThatDoesNotFit) {
    EXPECT_EQ(parsed("dose > and x"),
              "query: expected a value after '>'\n"
              "  dose > and x\n"
              "         ^");
    EXPECT_EQ(parsed("a = 1 b = 2"),
              "query: expected 'and', 'or', a clause or the end after '1'\n"
              "  a = 1 b = 2\n"
              "        ^");
    EXPECT_EQ(parsed("a = \"CT\""),
              "query: expected a value (text is written in single quotes) after '='\n"
              "  a = \"CT\"\n"
              "      ^");
    EXPECT_EQ(parsed("content-type = 'x'"),
              "query: expected a field (one with such a name is written in double quotes)\n"
              "  content-type = 'x'\n"
              "  ^");
    EXPECT_EQ(parsed("(a or b"),
              "query: expected ')' after 'b'\n"
              "  (a or b\n"
              "        ^");
    EXPECT_EQ(parsed("a in (1, )"),
              "query: expected a value after ','\n"
              "  a in (1, )\n"
              "           ^");
    EXPECT_EQ(parsed("a not 5"),
              "query: expected 'in', 'like', 'starts with', 'ends with' or 'contains' after 'not'\n"
              "  a not 5\n"
              "        ^");
    EXPECT_EQ(parsed("a between 1 or 2"),
              "query: expected 'and' after '1'\n"
              "  a between 1 or 2\n"
              "              ^");
    EXPECT_EQ(parsed("a > now - x"),
              "query: expected a time span such as 7d (units s m h d w mo y) after '-'\n"
              "  a > now - x\n"
              "            ^");
    EXPECT_EQ(parsed("a limit many"),
              "query: expected a whole number after 'limit'\n"
              "  a limit many\n"
              "          ^");
    EXPECT_EQ(parsed("a limit 99999999999999999999"),
              "query: expected a whole number after 'limit'\n"
              "  a limit 99999999999999999999\n"
              "          ^");
    EXPECT_EQ(parsed("a limit 1 limit 2"),
              "query: expected one 'limit' only\n"
              "  a limit 1 limit 2\n"
              "            ^");
    EXPECT_EQ(parsed("a order b"),
              "query: expected 'by' after 'order'\n"
              "  a order b\n"
              "          ^");
    EXPECT_EQ(parsed(")"),
              "query: expected the end\n"
              "  )\n"
              "  ^");
}

TEST(ParserErrors, PointAtBadBytesAndOpenQuotes) {
    EXPECT_EQ(parsed("a = 'x"),
              "query: expected a closing ' to this one\n"
              "  a = 'x\n"
              "      ^");
    EXPECT_EQ(parsed("a & b"),
              "query: expected '&&'\n"
              "  a & b\n"
              "    ^");
    EXPECT_EQ(parsed(std::string_view("a = \0", 5)),
              "query: expected text without a NUL byte\n"
              "  a =  \n"
              "      ^");
}

TEST(ParserErrors, ShowTheLineAndTheColumnOfWideCharacters) {
    EXPECT_EQ(parsed("a = 1 and\nb = 'h\xC3\xA9' or or\nc"),
              "query: line 2: expected a field after 'or'\n"
              "  b = 'h\xC3\xA9' or or\n"
              "              ^");
}

TEST(ParserErrors, CutLongLinesAroundThePlace) {
    const std::string message = parsed(std::string(200, 'a') + " = 1 or = " + std::string(200, 'b'));
    EXPECT_EQ(message, "query: expected a field after 'or'\n  ..." + std::string(52, 'a') +
                           " = 1 or = " + std::string(38, 'b') + "...\n" + std::string(65, ' ') + "^");
}

TEST(ParserErrors, BoundDepthLengthAndCount) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '(') + "a" + std::string(depth, ')');
    };
    EXPECT_EQ(parsed(nested(limits::kNesting - 1)), "a");
    EXPECT_TRUE(parsed(nested(limits::kNesting)).starts_with("query: expected at most 64 levels of nesting"));
    EXPECT_TRUE(parsed(nested(30000)).starts_with("query: expected at most 64 levels of nesting"));
    std::string nots;
    for (int i = 0; i < 20000; ++i) nots += "not ";
    EXPECT_TRUE(
        parsed(nots.substr(0, 60000) + "a").starts_with("query: expected at most 64 levels of nesting"));
    std::string list = "a in (0";
    for (std::size_t i = 0; i < limits::kExpressionTerms; ++i) list += ",1";
    EXPECT_TRUE(parsed(list + ")").starts_with("query: expected at most 4096 comparisons"));
    EXPECT_TRUE(parsed(std::string(limits::kExpressionBytes + 1, 'a'))
                    .starts_with("query: expected at most 65536 bytes"));
}

}  // namespace
}  // namespace asterope::query::testing

#include "query/path_form.h"

#include <gtest/gtest.h>

#include "query/printer.h"

namespace asterope::query::testing {
namespace {

std::string read(std::string_view component, PathLevel level) {
    const auto query = parse_path_component(component, level);
    if (!query) return query.error().message;
    return *query ? to_string(**query) : "a result";
}
std::string top(std::string_view component) {
    return read(component, PathLevel::top);
}
std::string deeper(std::string_view component) {
    return read(component, PathLevel::deeper);
}

TEST(PathForm, ReadsEveryOperator) {
    EXPECT_EQ(top("Modality=CT"), "Modality = 'CT'");
    EXPECT_EQ(top("dose@eq=5"), "dose = 5");
    EXPECT_EQ(top("dose@ne=5"), "dose != 5");
    EXPECT_EQ(top("dose@lt=5"), "dose < 5");
    EXPECT_EQ(top("dose@le=5"), "dose <= 5");
    EXPECT_EQ(top("dose@gt=1.5"), "dose > 1.5");
    EXPECT_EQ(top("dose@ge=1K"), "dose >= 1K");
    EXPECT_EQ(top("t@prefix=ab"), "t starts with 'ab'");
    EXPECT_EQ(top("t@suffix=ab"), "t ends with 'ab'");
    EXPECT_EQ(top("t@contains=ab"), "t contains 'ab'");
    EXPECT_EQ(top("t@like=*a?"), "t like '*a?'");
    EXPECT_EQ(top("t@has"), "exists(t)");
    EXPECT_EQ(top("t@lacks"), "missing(t)");
}

TEST(PathForm, ReadsListsAndRanges) {
    EXPECT_EQ(top("Modality@in=CT,MR,5"), "Modality in ('CT', 'MR', 5)");
    EXPECT_EQ(top("d@in=2024-01-01..2024-12-31"), "d between 2024-01-01 and 2024-12-31");
    EXPECT_EQ(top("d@in=2024-01-01.."), "d >= 2024-01-01");
    EXPECT_EQ(top("d@in=..1.5"), "d <= 1.5");
    EXPECT_EQ(top("d@in=1,5..7,9"), "d in (1, 9) or d between 5 and 7");
    EXPECT_EQ(top("Name=Doe,John..x"), "Name = 'Doe,John..x'");
}

TEST(PathForm, ReadsDirectives) {
    EXPECT_EQ(top("@sort=-StudyDate,a%20b"), "order by StudyDate desc, \"a b\"");
    EXPECT_EQ(top("@limit=100"), "limit 100");
    EXPECT_EQ(deeper("@offset=7"), "offset 7");
}

TEST(PathForm, DecodesAfterSplitting) {
    EXPECT_EQ(top("a%3Db=x%2Fy"), "\"a=b\" = 'x/y'");
    EXPECT_EQ(top("a@in=x%2Cy,z%2E%2Ew"), "a in ('x,y', 'z..w')");
    EXPECT_EQ(top("a=%20x"), "a = ' x'");
    EXPECT_EQ(top("a=2024-01-15%2010:00"), "a = '2024-01-15 10:00'");
    EXPECT_EQ(top("a=b=c@d"), "a = 'b=c@d'");
    EXPECT_EQ(top("a=1%32"), "a = 12");
    EXPECT_EQ(top("a="), "a = ''");
}

TEST(PathForm, EverythingElseAtTheTopIsAnExpression) {
    EXPECT_EQ(top("Modality = 'CT' and dose > 5"), "Modality = 'CT' and dose > 5");
    EXPECT_EQ(top("a==5"), "a = 5");
    EXPECT_EQ(top("dose>=5"), "dose >= 5");
    EXPECT_EQ(top("a!=5"), "a != 5");
    EXPECT_EQ(top("urgent"), "urgent");
    EXPECT_EQ(top("a='x%2Fy'"), "a = 'x/y'");
    EXPECT_EQ(top("(a or b) and (c)"), "(a or b) and c");
    EXPECT_EQ(top("(a or b order by c)"), "a or b order by c");
}

TEST(PathForm, DeeperAnExpressionIsInParentheses) {
    EXPECT_EQ(deeper("(dose > 5 or urgent order by dose)"), "dose > 5 or urgent order by dose");
    EXPECT_EQ(deeper("Modality=CT"), "Modality = 'CT'");
    EXPECT_EQ(deeper("urgent"), "a result");
    EXPECT_EQ(deeper("a b%2Fc.dcm"), "a result");
    EXPECT_EQ(deeper("(a) and (b)"),
              "query: expected the end: the parentheses must be around all of it after ')'\n"
              "  (a) and (b)\n"
              "      ^");
    EXPECT_EQ(deeper("a = 5"),
              "query: expected FIELD=VALUE, FIELD@operator=VALUE or an expression in parentheses\n"
              "  a = 5\n"
              "  ^");
}

TEST(PathForm, LaterLevelsNarrowAndReplaceClauses) {
    const char* const components[] = {"a=1", "@sort=b", "@limit=5", "(c or d limit 7)", "@sort=-e", "f@has"};
    Query query;
    for (const char* component : components)
        query = combine(query, parse_path_component(component, PathLevel::deeper).value().value());
    EXPECT_EQ(to_string(query), "a = 1 and (c or d) and exists(f) order by e desc limit 7");
}

TEST(PathFormErrors, PointIntoTheComponent) {
    EXPECT_EQ(top("dose@above=5"),
              "query: expected one of eq ne lt le gt ge in prefix suffix contains like has lacks after '@'\n"
              "  dose@above=5\n"
              "       ^");
    EXPECT_EQ(top("dose@gt"),
              "query: expected '=' and a value after '@gt'\n"
              "  dose@gt\n"
              "        ^");
    EXPECT_EQ(top("dose@has=5"),
              "query: expected nothing after '@has'\n"
              "  dose@has=5\n"
              "           ^");
    EXPECT_EQ(top("@limit=x"),
              "query: expected a whole number\n"
              "  @limit=x\n"
              "         ^");
    EXPECT_EQ(top("@sort=-"),
              "query: expected a field, with '-' before it for descending order\n"
              "  @sort=-\n"
              "        ^");
    EXPECT_EQ(top("@order=x"),
              "query: expected one of @sort @limit @offset\n"
              "  @order=x\n"
              "  ^");
    EXPECT_EQ(top("a@in=1,.."),
              "query: expected a value on at least one side of '..'\n"
              "  a@in=1,..\n"
              "         ^");
    EXPECT_EQ(
        top("a=100%"),
        "query: expected two hexadecimal digits, not 00, after '%' (write %25 for the character itself)\n"
        "  a=100%\n"
        "       ^");
    EXPECT_EQ(
        top("a = '%00'"),
        "query: expected two hexadecimal digits, not 00, after '%' (write %25 for the character itself)\n"
        "  a = '%00'\n"
        "       ^");
}

TEST(PathFormErrors, SayWhatIsNotThereYet) {
    for (const char* component : {"@facet=StudyDate", "@facet=StudyDate@year", "@tree", "@names=rank"}) {
        const auto query = parse_path_component(component, PathLevel::deeper);
        ASSERT_FALSE(query.has_value()) << component;
        EXPECT_EQ(query.error().code, Errc::unsupported) << component;
    }
    EXPECT_EQ(top("@tree"), "query: '@tree' is not supported yet");
}

}  // namespace
}  // namespace asterope::query::testing

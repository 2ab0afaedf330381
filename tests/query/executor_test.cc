#include "query/executor.h"

#include <gtest/gtest.h>

#include <regex>

#include "query/builder.h"
#include "query/parser.h"
#include "tests/query/memory_source.h"

namespace asterope::query::testing {
namespace {

Query parsed(std::string_view text) {
    return parse_expression(text).value();
}

std::vector<File> numbered(std::size_t count) {
    std::vector<File> files;
    for (std::size_t i = 0; i < count; ++i) {
        File file{.key = "dir" + std::to_string(i % 7) + "/file" + std::to_string(i),
                  .document = {{"n", Value(i)}, {"half", Value(i % 2)}},
                  .attr = {}};
        if (i % 1000 == 0) file.document.set("rare", Value("yes"));
        files.push_back(std::move(file));
    }
    return files;
}

std::string keys(MemorySource& source, const Query& query, std::size_t batch = 3) {
    auto cursor = run(query, source, {}).value();
    std::string out;
    std::vector<NodeId> nodes(batch);
    while (const std::size_t count = cursor->next(nodes).value())
        for (std::size_t i = 0; i < count; ++i)
            out.append(out.empty() ? "" : " ").append(source.files().at(nodes[i]).key);
    return out;
}

/// The plan without times.
std::string plan_of(MemorySource& source, std::string_view text) {
    const std::string plan = explain(parsed(text), source, {}).value();
    return std::regex_replace(plan, std::regex(", [0-9.]+ ms"), "");
}

TEST(Executor, KeyOrderGoesComponentByComponent) {
    MemorySource source({{"a/b", {}, {}},
                         {"a-b", {}, {}},
                         {"a/b-c/d", {}, {}},
                         {"a.x", {}, {}},
                         {"a/c", {}, {}},
                         {"B", {}, {}},
                         {"\xC3\xA9", {}, {}},
                         {"a!", {}, {}}});
    EXPECT_EQ(keys(source, {}), "B a/b a/b-c/d a/c a! a-b a.x \xC3\xA9");
    EXPECT_EQ(keys(source, parsed("missing(x)")), "B a/b a/b-c/d a/c a! a-b a.x \xC3\xA9");
}

TEST(Executor, SortsTypesMissingFirstAndTiesByKey) {
    MemorySource source({{"f-null", {{"v", Value(Null{})}}, {}},
                         {"b-true", {{"v", Value(true)}}, {}},
                         {"c-two", {{"v", Value("2")}}, {}},
                         {"d-one", {{"v", Value(1)}}, {}},
                         {"e-date", {{"v", Value("2024-01-15")}}, {}},
                         {"a-text", {{"v", Value("x")}}, {}},
                         {"g-binary", {{"v", Value(Binary{"x"})}}, {}},
                         {"z", {}, {}},
                         {"y", {{"v", Value(Array{})}}, {}},
                         {"h-nan", {{"v", Value(std::numeric_limits<double>::quiet_NaN())}}, {}},
                         {"i-two", {{"v", Value(2)}}, {}}});
    EXPECT_EQ(keys(source, parsed("order by v")),
              "y z f-null b-true d-one c-two i-two h-nan e-date a-text g-binary");
    EXPECT_EQ(keys(source, parsed("order by v desc")),
              "g-binary a-text e-date h-nan c-two i-two d-one b-true f-null y z");
    EXPECT_EQ(keys(source, parsed("order by v limit 3 offset 1")), "z f-null b-true");
}

TEST(Executor, SortsArraysByTheirSmallestOrLargestElement) {
    MemorySource source({{"a", {{"v", Value(Array{Value(1), Value(9)})}}, {}},
                         {"b", {{"v", Value(5)}}, {}},
                         {"c", {{"v", Value(Array{Value(2), Value(3)})}}, {}}});
    EXPECT_EQ(keys(source, parsed("order by v")), "a c b");
    EXPECT_EQ(keys(source, parsed("order by v desc")), "a b c");
}

TEST(Executor, LimitAndOffsetCutTheResults) {
    MemorySource source(numbered(100));
    EXPECT_EQ(keys(source, parsed("n < 50 order by n desc limit 3 offset 2")),
              "dir5/file47 dir4/file46 dir3/file45");
    EXPECT_EQ(keys(source, parsed("n < 50 limit 0")), "");
    EXPECT_EQ(keys(source, parsed("n < 50 offset 1000")), "");
    EXPECT_EQ(keys(source, parsed("n in (3, 10) limit 18446744073709551615 offset 1")), "dir3/file3");
    EXPECT_EQ(
        count(parsed("n < 50 limit 18446744073709551615 offset 18446744073709551615"), source, {}).value(),
        0U);
    EXPECT_EQ(count(parsed("n < 50 limit 10 offset 45"), source, {}).value(), 5U);
}

TEST(Executor, MatchesKnowsLimitsAndStrangers) {
    MemorySource source(numbered(100));
    const NodeId first = source.node_of("dir0/file0"), last = source.node_of("dir1/file99");
    EXPECT_TRUE(matches(parsed("n >= 0"), source, last).value());
    EXPECT_TRUE(matches(parsed("order by n limit 1"), source, first).value());
    EXPECT_FALSE(matches(parsed("order by n limit 1"), source, last).value());
    EXPECT_FALSE(matches({}, source, NodeId{1}).value());
}

TEST(Executor, OneInstantServesAWholeEvaluation) {
    MemorySource source({{"a", {{"t", Value("2024-01-10")}}, {}}, {"b", {{"t", Value("2024-01-14")}}, {}}});
    const Timestamp noon{1705276800 + 43200, 0};
    EXPECT_EQ(count(parsed("t >= today-2d"), source, {}, noon).value(), 1U);
    EXPECT_EQ(count(parsed("t >= now - 1w"), source, {}, noon).value(), 2U);
    EXPECT_EQ(count(parsed("t = today - 1d"), source, {}, noon).value(), 1U);
}

TEST(Executor, RefusesTreesBeyondTheLimits) {
    MemorySource source(numbered(3));
    Predicate deep{Truth{"n"}};
    for (int i = 0; i < 100; ++i) deep = not_of(std::move(deep));
    EXPECT_EQ(run(Query{.predicate = deep}, source, {}).error().code, Errc::limit);
    Membership wide{"n", std::vector<Literal>(5000, Literal::bare("1")), false};
    EXPECT_EQ(
        count(Query{.predicate = or_of({Predicate{wide}, Predicate{Truth{"n"}}})}, source, {}).error().code,
        Errc::limit);
}

TEST(Plans, ReadNoDocumentForOneTerm) {
    MemorySource source(numbered(3000));
    EXPECT_EQ(count(parsed("half = 1"), source, {}).value(), 1500U);
    EXPECT_EQ(source.documents_fetched, 0U);
    EXPECT_LE(source.postings_read, 1500U);
}

TEST(Plans, GiveFirstResultsWithoutCollectingAll) {
    MemorySource source(numbered(50'000));
    auto cursor = run(parsed("n >= 0"), source, {}).value();
    std::vector<NodeId> nodes(10);
    EXPECT_EQ(cursor->next(nodes).value(), 10U);
    EXPECT_LE(source.documents_fetched, 64U);
    EXPECT_EQ(source.postings_read, 0U);
}

TEST(Plans, LeadWithTheRarestAndAskDocumentsForTheRest) {
    MemorySource source(numbered(20'000));
    EXPECT_EQ(plan_of(source, "n >= 0 and rare = yes and half != 1"),
              "key order, sorted, filter n >= 0 and exists(half)  (estimated <=20, rows 20)\n"
              "  difference  (estimated <=20, rows 20)\n"
              "    term rare = 'yes'  (estimated <=20, rows 20)\n"
              "    term half = 1  (estimated <=10000, rows 160)\n");
    EXPECT_LE(source.documents_fetched, 20U);
}

TEST(Plans, IntersectLongListsWithoutDocuments) {
    MemorySource source(numbered(40'000));
    EXPECT_EQ(count(parsed("half = 1 and n < 30000"), source, {}).value(), 15000U);
    EXPECT_EQ(source.documents_fetched, 0U);
}

TEST(Plans, ShowSortLimitAndWalk) {
    MemorySource source(numbered(10'000));
    EXPECT_EQ(plan_of(source, "n < 5000 limit 2"),
              "limit 2  (estimated <=2, rows 2)\n"
              "  key order, walked  (estimated <=5000, rows 2)\n"
              "    range n < 5000  (estimated <=5000, rows 0)\n");
    EXPECT_EQ(plan_of(source, "n = 5 order by half desc limit 1"),
              "limit 1  (estimated <=1, rows 1)\n"
              "  sort by half desc, first 1  (estimated <=1, rows 1)\n"
              "    key order, sorted  (estimated <=1, rows 1)\n"
              "      term n = 5  (estimated <=1, rows 1)\n");
    EXPECT_EQ(plan_of(source, "never = 1"),
              "key order, sorted  (estimated <=0, rows 0)\n"
              "  nothing: no file has never  (estimated <=0, rows 0)\n");
    EXPECT_EQ(plan_of(source, "sys.size > 5 and not sys.uid = 0"),
              "key order, walked, filter sys.size > 5 and not sys.uid = 0  (estimated <=10000, rows 0)\n");
}

TEST(IndexOrder, ReadsTheFirstRowsOffTheIndex) {
    MemorySource source(numbered(20'000));
    EXPECT_EQ(keys(source, parsed("order by n desc limit 3 offset 1")),
              "dir6/file19998 dir5/file19997 dir4/file19996");
    EXPECT_LE(source.documents_fetched, 20U);
    EXPECT_EQ(keys(source, parsed("half = 1 order by n desc limit 2")), "dir0/file19999 dir5/file19997");
    EXPECT_LE(source.documents_fetched, 60U);
    EXPECT_EQ(plan_of(source, "half = 1 order by n desc limit 2"),
              "limit 2  (estimated <=2, rows 2)\n"
              "  index order by n desc, filter half = 1  (estimated <=2, rows 2)\n");
}

TEST(IndexOrder, GivesFilesWithoutTheFieldTheirPlace) {
    std::vector<File> files = numbered(2000);
    files[7].document.erase("n");
    files[1999].document.erase("n");
    MemorySource source(std::move(files));
    EXPECT_EQ(keys(source, parsed("order by n limit 4")), "dir0/file7 dir4/file1999 dir0/file0 dir1/file1");
    EXPECT_EQ(keys(source, parsed("order by n desc limit 3 offset 1996")),
              "dir1/file1 dir0/file0 dir0/file7");
}

TEST(IndexOrder, GroupsTiesByTheOtherKeys) {
    MemorySource source(numbered(10'000));
    EXPECT_EQ(keys(source, parsed("order by half, n desc limit 3")),
              "dir2/file9998 dir0/file9996 dir5/file9994");
    EXPECT_EQ(keys(source, parsed("order by half desc limit 3")),
              "dir0/file1001 dir0/file1015 dir0/file1029");
}

TEST(IndexOrder, PlacesArraysOnce) {
    std::vector<File> files;
    for (int i = 0; i < 200; ++i)
        files.push_back({.key = "f" + std::to_string(i),
                         .document = {{"v", Value(Array{Value(i), Value(1000 - i)})}},
                         .attr = {}});
    MemorySource source(std::move(files));
    EXPECT_EQ(keys(source, parsed("order by v limit 3 offset 1")), "f1 f2 f3");
    EXPECT_EQ(keys(source, parsed("order by v desc limit 3 offset 198")), "f198 f199");
}

TEST(IndexOrder, GivesUpAtTermsThatTheIndexCuts) {
    std::vector<File> files;
    for (int i = 0; i < 3000; ++i)
        files.push_back(
            {.key = "f" + std::to_string(i),
             .document = {{"v", i < 5 ? Value(i)
                                      : Value("a text too long for the index " + std::to_string(9999 - i))}},
             .attr = {}});
    MemorySource source(std::move(files));
    EXPECT_EQ(keys(source, parsed("order by v limit 3 offset 3")), "f3 f4 f2999");
    EXPECT_NE(plan_of(source, "order by v limit 9").find("index order by v, given up"), std::string::npos);
}

TEST(IndexOrder, GivesUpWhereResultsDoNotCome) {
    std::vector<File> files;
    for (int i = 0; i < 50'000; ++i)
        files.push_back({.key = "f" + std::to_string(i),
                         .document = {{"v", Value(i)}, {"late", Value(i >= 40'000)}},
                         .attr = {}});
    MemorySource source(std::move(files));
    EXPECT_EQ(keys(source, parsed("late = true order by v limit 2")), "f40000 f40001");
    EXPECT_NE(plan_of(source, "late = true order by v limit 2").find("given up"), std::string::npos);
}

TEST(Interruption, EndsEveryPhaseSoon) {
    MemorySource source(numbered(10'000));
    const char* const queries[] = {"n >= 0",
                                   "half = 1",
                                   "n >= 0 order by n desc",
                                   "order by n",
                                   "order by half limit 9",
                                   "not n = 5",
                                   "sys.size >= 0",
                                   "n >= 0 and half = 1",
                                   "half = 1 or n > 7",
                                   "half like '*x*'",
                                   "missing(n)",
                                   "n >= 0 limit 1 offset 9000"};
    for (const char* text : queries) {
        for (const std::uint64_t after : {1U, 2U, 40U, 700U}) {
            std::stop_source stop;
            std::uint64_t reads = 0;
            source.on_read = [&] {
                if (++reads == after) stop.request_stop();
            };
            auto cursor = run(parsed(text), source, stop.get_token());
            Status ended;
            std::vector<NodeId> nodes(256);
            while (cursor) {
                const auto got = (*cursor)->next(nodes);
                if (got && *got != 0) continue;
                if (!got) ended = fail(got.error().code);
                break;
            }
            if (reads < after) continue;  // it was done before
            ASSERT_FALSE(ended.has_value()) << text << " after " << after;
            EXPECT_EQ(ended.error().code, Errc::interrupted);
            EXPECT_LE(reads, after + 600) << text;
        }
    }
    source.on_read = nullptr;
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_EQ(count(parsed("half = 1"), source, stopped.get_token()).error().code, Errc::interrupted);
    EXPECT_EQ(explain(parsed("half = 1"), source, stopped.get_token()).error().code, Errc::interrupted);
}

}  // namespace
}  // namespace asterope::query::testing

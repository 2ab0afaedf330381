#include <gtest/gtest.h>

#include "query/executor.h"
#include "query/parser.h"
#include "query/path_form.h"
#include "query/printer.h"
#include "tests/query/random_query.h"
#include "tests/query/reference.h"

namespace asterope::query::testing {
namespace {

constexpr Timestamp kNow{1705276800 + 40000, 5};  // 2024-01-15, before noon

std::vector<std::string> run_all(const Query& query, MemorySource& source, std::size_t batch) {
    auto cursor = run(query, source, {}, kNow);
    if (!cursor) return {"error: " + cursor.error().text()};
    std::vector<std::string> keys;
    std::vector<NodeId> nodes(batch);
    for (;;) {
        const auto count = (*cursor)->next(nodes);
        if (!count) return {"error: " + count.error().text()};
        if (*count == 0) return keys;
        for (std::size_t i = 0; i < *count; ++i) keys.push_back(source.files().at(nodes[i]).key);
    }
}

/// Everything that the engine answers about `query`, against the reference. False at the first difference.
bool same_as_reference(const Query& query, MemorySource& source, RandomQueries& random) {
    const auto expected = reference_run(query, source, kNow);
    const auto actual = run_all(query, source, 1 + random.below(300));
    EXPECT_EQ(actual, expected) << to_string(query);
    const auto counted = count(query, source, {}, kNow);
    EXPECT_TRUE(counted && *counted == expected.size())
        << to_string(query) << " counted " << (counted ? *counted : 0) << ", not " << expected.size();
    const auto chosen =
        std::next(source.files().begin(), static_cast<std::ptrdiff_t>(random.below(source.files().size())));
    const auto matched = matches(query, source, chosen->first, kNow);
    const bool among = std::find(expected.begin(), expected.end(), chosen->second.key) != expected.end();
    EXPECT_TRUE(matched && *matched == among) << to_string(query) << " on " << chosen->second.key;
    return !::testing::Test::HasFailure();
}

void compare(std::size_t file_count, int query_count, int depth, std::uint64_t salt) {
    RandomQueries random(test_seed() + salt);
    MemorySource source(random.files(file_count), RandomQueries::declared());
    for (int i = 0; i < query_count; ++i)
        if (!same_as_reference(random.query(depth), source, random)) return;
}

TEST(Equivalence, SingleComparisonsAnswerAsBruteForce) {
    compare(400, 2500, 0, 1);
}

TEST(Equivalence, ExpressionsAnswerAsBruteForce) {
    compare(250, 2500, 3, 2);
}

TEST(Equivalence, TinyStoresAnswerAsBruteForce) {
    for (std::uint64_t n = 1; n < 12; ++n) compare(n, 60, 2, 100 + n);
}

TEST(Equivalence, LargeSetsAreWalkedAndAnswerAsBruteForce) {
    compare(12'000, 90, 1, 3);
}

TEST(Equivalence, LargeSetsInNestedExpressionsAnswerAsBruteForce) {
    compare(20'000, 25, 3, 4);
}

TEST(Equivalence, PathsMeanWhatTheirPartsMean) {
    RandomQueries random(test_seed() + 5);
    MemorySource source(random.files(300), RandomQueries::declared());
    for (int i = 0; i < 800; ++i) {
        const auto [components, meaning] = random.path();
        Query query;
        for (std::size_t level = 0; level < components.size(); ++level) {
            const auto one =
                parse_path_component(components[level], level == 0 ? PathLevel::top : PathLevel::deeper);
            ASSERT_TRUE(one.has_value()) << components[level] << ": " << one.error().text();
            ASSERT_TRUE(one->has_value()) << components[level];
            query = combine(query, **one);
        }
        ASSERT_EQ(to_string(query), to_string(meaning));
        ASSERT_EQ(query, meaning) << to_string(query);
        const auto reparsed = parse_expression(to_string(query));
        ASSERT_TRUE(reparsed.has_value()) << reparsed.error().text();
        ASSERT_EQ(*reparsed, query) << to_string(query);
        if (!same_as_reference(query, source, random)) return;
    }
}

TEST(Equivalence, PrintedExpressionsParseToTheSameTree) {
    RandomQueries random(test_seed() + 6);
    for (int i = 0; i < 8000; ++i) {
        const Query query = random.query(4);
        const std::string text = to_string(query);
        const auto parsed = parse_expression(text);
        ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
        ASSERT_EQ(*parsed, query) << text;
        ASSERT_EQ(to_string(*parsed), text);
    }
}

}  // namespace
}  // namespace asterope::query::testing

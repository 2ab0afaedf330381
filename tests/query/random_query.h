#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "query/ast.h"
#include "tests/query/memory_source.h"

/// Random files and queries that meet each other: few fields, values at the edges of types, texts that read
/// as other types.
namespace asterope::query::testing {

/// ASTEROPE_SEED, or a fixed default; printed, so that a failure can be run again.
std::uint64_t test_seed();

class RandomQueries {
  public:
    explicit RandomQueries(std::uint64_t seed) : random_(seed) {}

    std::vector<File> files(std::size_t count);
    static std::map<std::string, FieldType> declared();
    Predicate predicate(int depth);
    Query query(int depth);
    /// Components of a path and the query that they must mean.
    std::pair<std::vector<std::string>, Query> path();
    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  private:
    template <class T, std::size_t N>
    const T& pick(const T (&from)[N]) {
        return from[below(N)];
    }
    bool chance(std::size_t percent) { return below(100) < percent; }

    Value scalar();
    Value value();
    std::string field();
    Literal literal();
    std::string pattern();
    Predicate leaf();
    std::pair<std::string, Predicate> path_condition();

    std::mt19937_64 random_;
};

}  // namespace asterope::query::testing

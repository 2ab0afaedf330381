#include "query/node_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "tests/query/random_query.h"

namespace asterope::query::testing {
namespace {

/// Adds `nodes` in blocks, and compares every way of reading with a sorted array of them.
void expect_same(std::vector<std::uint64_t> nodes) {
    NodeSet set;
    std::vector<NodeId> block;
    for (std::size_t i = 0; i < nodes.size(); i += 1000) {
        block.clear();
        for (std::size_t j = i; j < std::min(nodes.size(), i + 1000); ++j) block.push_back(NodeId{nodes[j]});
        set.add(block);
    }
    set.seal();
    std::sort(nodes.begin(), nodes.end());
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());

    ASSERT_EQ(set.size(), nodes.size());
    std::vector<std::uint64_t> read;
    std::array<NodeId, 300> out;
    for (NodeId from{}; const std::size_t count = set.read(from, out); from = NodeId{raw(out[count - 1]) + 1})
        for (std::size_t i = 0; i < count; ++i) read.push_back(raw(out[i]));
    ASSERT_EQ(read, nodes);
    for (std::size_t i = 0; i < nodes.size(); i += 1 + nodes.size() / 1000) {
        ASSERT_TRUE(set.contains(NodeId{nodes[i]}));
        const bool next_too = std::binary_search(nodes.begin(), nodes.end(), nodes[i] + 1);
        ASSERT_EQ(set.contains(NodeId{nodes[i] + 1}), next_too);
    }
}

std::vector<std::uint64_t> random_nodes(std::mt19937_64& random, std::size_t count, std::uint64_t from, std::uint64_t span) {
    std::vector<std::uint64_t> nodes(count);
    for (std::uint64_t& node : nodes) node = from + random() % span;
    return nodes;
}

TEST(NodeSet, IsASetWhateverItIsMadeOf) {
    std::mt19937_64 random(test_seed());
    constexpr std::uint64_t kFar = std::uint64_t{1} << 50;
    expect_same({});
    expect_same({7});
    expect_same({kFar, 1, kFar});
    expect_same(random_nodes(random, 5000, 1000, 9000));
    expect_same(random_nodes(random, 5000, 1, kFar));
    // More than are collected before the smaller form is chosen: dense, sparse, and from one to the other.
    constexpr std::size_t kMany = 1'200'000;
    expect_same(random_nodes(random, kMany, 5'000'000, 2'000'000));
    expect_same(random_nodes(random, kMany, 1, kFar));
    auto mixed = random_nodes(random, kMany, 5'000'000, 2'000'000);
    for (const std::uint64_t node : random_nodes(random, kMany, 1, 9'000'000)) mixed.push_back(node);
    expect_same(mixed);
    for (const std::uint64_t node : random_nodes(random, 2000, 1, kFar)) mixed.push_back(node);
    expect_same(mixed);
}

}  // namespace
}  // namespace asterope::query::testing

#include <set>

#include "tests/fs/volume_conformance.h"

namespace asterope {
namespace {

std::string name_of_number(int number) {
    return "file-" + std::to_string(number);
}

}  // namespace

TEST_P(VolumeConformance, ListingInSmallStepsGivesEachEntryOnce) {
    std::multiset<std::string> wanted, got;
    for (int i = 0; i < 100; ++i) {
        make_file(kRootNode, name_of_number(i));
        wanted.insert(name_of_number(i));
    }
    std::uint64_t cookie = 0;
    for (std::size_t step = 1;; step = step % 7 + 1) {
        const auto entries = volume().list(kRootNode, cookie, step);
        ASSERT_EQ(outcome(entries), "ok");
        ASSERT_LE(entries->size(), step);
        if (entries->empty()) break;
        for (const auto& entry : *entries) {
            EXPECT_GT(entry.cookie, cookie);
            EXPECT_LT(entry.cookie, std::uint64_t{1} << 62);
            cookie = entry.cookie;
            got.insert(entry.name);
            EXPECT_EQ(entry.type, NodeType::file);
            EXPECT_EQ(entry.node, node_at(entry.name));
        }
    }
    EXPECT_EQ(got, wanted);
}

TEST_P(VolumeConformance, EntriesThatStayAreListedOnceWhileOthersComeAndGo) {
    std::multiset<std::string> stay, got;
    for (int i = 0; i < 60; ++i) make_file(kRootNode, name_of_number(i));
    for (int i = 0; i < 60; i += 2) stay.insert(name_of_number(i));
    std::uint64_t cookie = 0;
    int removed = 1, added = 1000;
    for (;;) {
        const auto entries = volume().list(kRootNode, cookie, 3);
        ASSERT_EQ(outcome(entries), "ok");
        if (entries->empty()) break;
        for (const auto& entry : *entries) {
            if (stay.contains(entry.name)) got.insert(entry.name);
        }
        cookie = entries->back().cookie;
        if (removed < 60) {
            ASSERT_EQ(outcome(volume().unlink(kRootNode, name_of_number(removed))), "ok");
        }
        removed += 2;
        if (added < 1030) make_file(kRootNode, name_of_number(added++));
        ASSERT_LT(got.size(), 200u) << "the listing does not end";
    }
    EXPECT_EQ(got, stay);
}

TEST_P(VolumeConformance, ListingGoesOnAfterTheEntryOfTheCookieWasRemoved) {
    for (int i = 0; i < 10; ++i) make_file(kRootNode, name_of_number(i));
    const auto first = volume().list(kRootNode, 0, 5);
    ASSERT_EQ(outcome(first), "ok");
    ASSERT_EQ(first->size(), 5u);
    for (const auto& entry : *first) ASSERT_EQ(outcome(volume().unlink(kRootNode, entry.name)), "ok");
    const auto rest = volume().list(kRootNode, first->back().cookie, 100);
    ASSERT_EQ(outcome(rest), "ok");
    EXPECT_EQ(rest->size(), 5u);
}

TEST_P(VolumeConformance, ManyNamesAreFoundAndRemoved) {
    const NodeId dir = make_dir(kRootNode, "d");
    for (int i = 0; i < 2000; ++i) make_file(dir, name_of_number(i));
    for (int i = 0; i < 2000; i += 97) EXPECT_EQ(outcome(volume().lookup(dir, name_of_number(i))), "ok");
    for (int i = 0; i < 2000; ++i) ASSERT_EQ(outcome(volume().unlink(dir, name_of_number(i))), "ok");
    EXPECT_EQ(names(dir), "");
    EXPECT_EQ(outcome(volume().rmdir(kRootNode, "d")), "ok");
}

}  // namespace asterope

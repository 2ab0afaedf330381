#include <gtest/gtest.h>

#include "query/text_test.h"

namespace asterope::query::testing {
namespace {

TEST(Like, MatchesTheWholeText) {
    EXPECT_TRUE(like("abc", "abc"));
    EXPECT_FALSE(like("abcd", "abc"));
    EXPECT_FALSE(like("abc", "ABC"));
    EXPECT_TRUE(like("", ""));
    EXPECT_FALSE(like("", "?"));
}

TEST(Like, StarsTakeAnyRun) {
    EXPECT_TRUE(like("", "*"));
    EXPECT_TRUE(like("abc", "***"));
    EXPECT_TRUE(like("a tumour b", "*tumour*"));
    EXPECT_TRUE(like("ababc", "*abc"));
    EXPECT_TRUE(like("mississippi", "m*iss*i*pi"));
    EXPECT_FALSE(like("ab", "ab*b"));
    EXPECT_FALSE(like("aXbX", "a*c*X"));
    EXPECT_TRUE(like("abcabc", "*a?c"));
}

TEST(Like, QuestionMarksTakeOneCharacter) {
    EXPECT_TRUE(like("h\xC3\xA9llo", "h?llo"));
    EXPECT_FALSE(like("h\xC3\xA9", "h??"));
    EXPECT_TRUE(like("\xE2\x82\xAC\xF0\x9F\x98\x80", "??"));
    EXPECT_TRUE(like("\xF0\x9F\x98\x80!", "*?"));
    EXPECT_FALSE(like("\xC3\xA9", "*??"));
}

TEST(Like, CountsBrokenBytesAsCharacters) {
    EXPECT_TRUE(like("\xC3", "?"));
    EXPECT_TRUE(like("\xA9\xA9", "??"));
    EXPECT_TRUE(like("\xF0\x9F", "??"));
    EXPECT_FALSE(like("\xF0\x9F", "?"));
}

TEST(Like, StaysFastOnHostilePatterns) {
    const std::string text(20000, 'a');
    std::string pattern;
    for (int i = 0; i < 2000; ++i) pattern += "*a";
    EXPECT_FALSE(like(text, pattern + "b"));
    EXPECT_TRUE(like(text, pattern));
}

}  // namespace
}  // namespace asterope::query::testing

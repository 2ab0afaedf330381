#include "fs/result_name.h"

#include <gtest/gtest.h>

#include "engine/core/limits.h"

namespace asterope::fs {

TEST(ResultName, IsTheKeyWithWhatCouldBeTakenForSomethingElseEncoded) {
    EXPECT_EQ(encode_result_name("ct-001.dcm", NodeId{5}), "ct-001.dcm");
    EXPECT_EQ(encode_result_name("study 1/ct=a.dcm", NodeId{5}), "study 1%2Fct%3Da.dcm");
    EXPECT_EQ(encode_result_name("100%@home", NodeId{5}), "100%25%40home");
    EXPECT_EQ(encode_result_name(".json", NodeId{5}), "%2Ejson");
    EXPECT_EQ(encode_result_name("(a)", NodeId{5}), "%28a)");
    EXPECT_EQ(encode_result_name("a.(b", NodeId{5}), "a.(b");
    EXPECT_EQ(encode_result_name("Gr\xc3\xbc\xc3\x9f\x65\xff", NodeId{5}), "Gr\xc3\xbc\xc3\x9f\x65\xff");
}

TEST(ResultName, ComesBackForEveryByte) {
    for (int first = 1; first < 256; ++first) {
        for (int second = 1; second < 256; ++second) {
            const std::string key{static_cast<char>(first), static_cast<char>(second)};
            const auto decoded = decode_result_name(encode_result_name(key, NodeId{5}));
            ASSERT_TRUE(decoded);
            ASSERT_EQ(decoded->key, key);
            ASSERT_FALSE(decoded->node);
        }
    }
}

TEST(ResultName, OfALongKeyEndsWithTheNodeAndFits) {
    for (std::size_t size = 240; size < 270; ++size) {
        for (const char byte : {'n', '/'}) {
            const std::string name = encode_result_name(std::string(size, byte), NodeId{0xabc});
            EXPECT_LE(name.size(), limits::kNameBytes);
            const auto decoded = decode_result_name(name);
            ASSERT_TRUE(decoded) << name;
            if (name.ends_with("%~abc")) {
                EXPECT_EQ(decoded->node, NodeId{0xabc});
                EXPECT_GT(name.size(), limits::kNameBytes - 4) << "as much of the key as fits";
            } else {
                EXPECT_EQ(decoded->key, std::string(size, byte));
            }
        }
    }
}

TEST(ResultName, ThatNoEncodingGivesIsRefused) {
    for (const char* name :
         {"", "%", "%4", "%zz", "a=b", "a@b", "a/b", ".hidden", "(x", "a%~", "a%~xyz", "a%~1 ", "%+1x"}) {
        EXPECT_FALSE(decode_result_name(name)) << name;
    }
}

}  // namespace asterope::fs

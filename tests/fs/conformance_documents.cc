#include <algorithm>

#include "tests/fs/volume_conformance.h"

namespace asterope {

TEST_P(VolumeConformance, ADocumentKeepsEveryTypeOfValue) {
    const Document document{{"null", Null{}},
                            {"bool", true},
                            {"int", -5},
                            {"big", 18446744073709551615ull},
                            {"float", 0.1},
                            {"text", "Grüße"},
                            {"when", Timestamp{1705276800, 250000000}},
                            {"raw", Binary{std::string("\xff\0\x01", 3)}},
                            {"list", Array{Value(1), Value("two"), Value(3.5)}},
                            {"dotted.name", "x"},
                            {"empty", ""}};
    const NodeId node = make_file(kRootNode, "f", "", document);
    const auto got = volume().document(node);
    ASSERT_EQ(outcome(got), "ok");
    EXPECT_EQ(*got, document);
}

TEST_P(VolumeConformance, DirectoriesAndSymlinksHaveDocumentsToo) {
    const NodeId dir = make_dir(kRootNode, "d");
    ASSERT_EQ(outcome(volume().change_document(dir, {{"query", Value("a = 1")}})), "ok");
    EXPECT_EQ(fields(dir), "query=a = 1");
}

TEST_P(VolumeConformance, ChangesOfADocumentAreAllOrNothing) {
    const NodeId node = make_file(kRootNode, "f", "", {{"a", "1"}, {"b", "2"}});
    const std::uint64_t version = volume().getattr(node)->version;
    EXPECT_EQ(outcome(volume().change_document(node, {{"c", Value(3)}, {"a", Value(9)}}, SetMode::create)),
              "exists");
    EXPECT_EQ(outcome(volume().change_document(node, {{"a", Value(9)}, {"c", Value(3)}}, SetMode::replace)),
              "no_attribute");
    EXPECT_EQ(fields(node), "a=1 b=2");
    EXPECT_EQ(volume().getattr(node)->version, version);
    EXPECT_EQ(
        outcome(volume().change_document(node, {{"a", Value(9)}, {"b", std::nullopt}, {"c", Value(3)}})),
        "ok");
    EXPECT_EQ(fields(node), "a=9 c=3");
    EXPECT_GT(volume().getattr(node)->version, version);
}

TEST_P(VolumeConformance, RemovingAFieldThatIsNotThereDependsOnTheMode) {
    const NodeId node = make_file(kRootNode, "f", "", {{"a", "1"}});
    EXPECT_EQ(outcome(volume().change_document(node, {{"x", std::nullopt}}, SetMode::replace)),
              "no_attribute");
    EXPECT_EQ(outcome(volume().change_document(node, {{"x", std::nullopt}})), "ok");
    EXPECT_EQ(outcome(volume().change_document(node, {{"a", std::nullopt}}, SetMode::replace)), "ok");
    EXPECT_EQ(fields(node), "");
}

TEST_P(VolumeConformance, AChangeOfAnotherVersionConflicts) {
    const NodeId node = make_file(kRootNode, "f");
    const std::uint64_t version = volume().getattr(node)->version;
    EXPECT_EQ(outcome(volume().change_document(node, {{"a", Value(1)}}, SetMode::any, version)), "ok");
    EXPECT_EQ(outcome(volume().change_document(node, {{"a", Value(2)}}, SetMode::any, version)), "conflict");
    EXPECT_EQ(fields(node), "a=1");
}

TEST_P(VolumeConformance, AttributesOutsideDocumentsAreKeptByteForByte) {
    const NodeId node = make_file(kRootNode, "f");
    const std::string bytes("\0\xff\x01 acl", 7);
    EXPECT_EQ(outcome(volume().attribute(node, "security.capability")), "no_attribute");
    EXPECT_EQ(outcome(volume().set_attribute(node, "security.capability", bytes, SetMode::replace)),
              "no_attribute");
    EXPECT_EQ(outcome(volume().set_attribute(node, "security.capability", bytes, SetMode::create)), "ok");
    EXPECT_EQ(outcome(volume().set_attribute(node, "security.capability", "x", SetMode::create)), "exists");
    EXPECT_EQ(outcome(volume().set_attribute(node, "trusted.overlay.opaque", "y", SetMode::any)), "ok");
    EXPECT_EQ(*volume().attribute(node, "security.capability"), bytes);
    auto listed = volume().list_attributes(node);
    ASSERT_EQ(outcome(listed), "ok");
    std::sort(listed->begin(), listed->end());
    EXPECT_EQ(*listed, (std::vector<std::string>{"security.capability", "trusted.overlay.opaque"}));
    EXPECT_EQ(outcome(volume().remove_attribute(node, "security.capability")), "ok");
    EXPECT_EQ(outcome(volume().remove_attribute(node, "security.capability")), "no_attribute");
    EXPECT_EQ(fields(node), "");
}

TEST_P(VolumeConformance, MetadataGoesWithTheNode) {
    const NodeId node = make_file(kRootNode, "f", "", {{"a", "1"}});
    ASSERT_EQ(outcome(volume().set_attribute(node, "security.x", "y", SetMode::any)), "ok");
    ASSERT_EQ(outcome(volume().unlink(kRootNode, "f")), "ok");
    const NodeId again = make_file(kRootNode, "f");
    EXPECT_EQ(fields(again), "");
    EXPECT_EQ(outcome(volume().attribute(again, "security.x")), "no_attribute");
}

}  // namespace asterope

#include <sys/xattr.h>

#include "engine/core/limits.h"
#include "tests/fs/fs_fixture.h"

namespace asterope::fs {
namespace {

class XattrTest : public FsTest {
  protected:
    std::string get(NodeId node, std::string_view name) {
        const auto value = fs.getxattr(root_caller(), node, name);
        return value ? *value : "[" + outcome(value) + "]";
    }
    std::string listed(NodeId node, const Caller& caller = root_caller()) {
        std::string names;
        const auto list = fs.listxattr(caller, node);
        if (!list) return "[" + outcome(list) + "]";
        for (const auto& name : *list) names += (names.empty() ? "" : " ") + name;
        return names;
    }
    std::string put(NodeId node, std::string_view name, std::string_view value, int flags = 0) {
        return outcome(fs.setxattr(root_caller(), node, name, value, flags));
    }
    const NodeId file = mkfile(kRootNode, "f", "text");
};

}  // namespace

TEST_F(XattrTest, EveryByteComesBack) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
    for (const std::string& value :
         {std::string(), std::string("12345"), std::string("007"), std::string("1.50"),
          std::string("Gr\xc3\xbc\xc3\x9f\x65"), std::string("\0", 1), bytes, std::string(65536, 'x')}) {
        ASSERT_EQ(put(file, "user.v", value), "ok");
        EXPECT_EQ(get(file, "user.v"), value);
    }
    EXPECT_EQ(listed(file), "user.v");
}

TEST_F(XattrTest, AnAttributeIsAFieldOfTheDocument) {
    ASSERT_EQ(put(file, "user.PatientID", "12345"), "ok");
    EXPECT_EQ(*volume.document(file)->find("PatientID"), Value("12345"));
    ASSERT_EQ(outcome(volume.change_document(
                  file, {{"dose", Value(2.5)}, {"list", Value(Array{Value(1), Value("x")})}}, SetMode::any,
                  std::nullopt)),
              "ok");
    EXPECT_EQ(get(file, "user.dose"), "2.5");
    EXPECT_EQ(get(file, "user.list"), "[1,\"x\"]");
}

TEST_F(XattrTest, FlagsAndMissingNamesGiveTheKernelsErrors) {
    EXPECT_EQ(get(file, "user.a"), "[no_attribute]");
    EXPECT_EQ(put(file, "user.a", "1", XATTR_REPLACE), "no_attribute");
    EXPECT_EQ(put(file, "user.a", "1", XATTR_CREATE), "ok");
    EXPECT_EQ(put(file, "user.a", "1", XATTR_CREATE), "exists");
    EXPECT_EQ(put(file, "user.a", "2", XATTR_REPLACE), "ok");
    EXPECT_EQ(put(file, "user.a", "2", XATTR_CREATE | XATTR_REPLACE), "invalid");
    EXPECT_EQ(outcome(fs.removexattr(file, "user.a")), "ok");
    EXPECT_EQ(outcome(fs.removexattr(file, "user.a")), "no_attribute");
}

TEST_F(XattrTest, LimitsAreLinuxs) {
    EXPECT_EQ(put(file, "user." + std::string(251, 'n'), "v"), "buffer_too_small");
    EXPECT_EQ(put(file, "user." + std::string(250, 'n'), "v"), "ok");
    EXPECT_EQ(put(file, "user.v", std::string(65537, 'x')), "value_too_large");
    int set = 1;
    while (put(file, "user." + std::to_string(1000 + set) + std::string(240, 'n'), "v") == "ok") ++set;
    EXPECT_EQ(set, 1 + (65536 - 256) / 250) << "names of 256 and of 250 bytes, each with its NUL";
    EXPECT_EQ(put(file, "user.one-more" + std::string(240, 'n'), "v"), "no_space");
    EXPECT_EQ(put(file, "user." + std::string(250, 'n'), "changed"), "ok")
        << "what is there can still be changed";
    EXPECT_EQ(outcome(fs.listxattr(root_caller(), file)), "ok");
}

TEST_F(XattrTest, OtherNamespacesAreStoredAndTrustedIsForRoot) {
    ASSERT_EQ(put(file, "security.selinux", std::string("ctx\0", 4)), "ok");
    ASSERT_EQ(put(file, "trusted.t", "x"), "ok");
    ASSERT_EQ(put(file, "user.u", "x"), "ok");
    EXPECT_EQ(get(file, "security.selinux"), std::string("ctx\0", 4));
    EXPECT_EQ(listed(file), "user.u security.selinux trusted.t");
    EXPECT_EQ(listed(file, user(7, 8)), "user.u security.selinux");
    EXPECT_EQ(volume.document(file)->size(), 1u);
}

TEST_F(XattrTest, VirtualAttributesAreAnsweredAndNeverListed) {
    ASSERT_EQ(put(file, "user.a", "1"), "ok");
    EXPECT_EQ(get(file, "user.asterope.json"), "{\"a\":\"1\"}");
    EXPECT_EQ(get(file, "user.asterope.version"), std::to_string(volume.getattr(file)->version));
    EXPECT_EQ(get(file, "user.asterope.checksum"), "[no_attribute]");
    EXPECT_EQ(get(file, "user.asterope.error"), "[no_attribute]");
    EXPECT_EQ(get(file, "user.asterope.nonsense"), "[no_attribute]");
    EXPECT_EQ(put(file, "user.asterope.nonsense", "x"), "not_permitted");
    EXPECT_EQ(put(file, "user.asterope.version", "1"), "not_permitted");
    EXPECT_EQ(listed(file), "user.a");
}

TEST_F(XattrTest, TheWholeDocumentIsReplacedAsJsonAndMessagePack) {
    ASSERT_EQ(put(file, "user.gone", "1"), "ok");
    ASSERT_EQ(put(file, "user.asterope.json", R"({"a": 1, "study": {"date": "2024-01-15"}})"), "ok");
    EXPECT_EQ(listed(file), "user.a user.study.date");
    const std::string packed = get(file, "user.asterope.msgpack");
    const NodeId other = mkfile(kRootNode, "other");
    ASSERT_EQ(put(other, "user.asterope.msgpack", packed), "ok");
    EXPECT_EQ(*volume.document(other), *volume.document(file));
    EXPECT_EQ(put(file, "user.asterope.json", "{\"a\": "), "parse");
    EXPECT_EQ(put(file, "user.asterope.msgpack", "junk"), "parse");
    EXPECT_EQ(listed(file), "user.a user.study.date");
}

TEST_F(XattrTest, AMalformedDocumentIsRefusedAndTheOldOneStays) {
    ASSERT_EQ(put(file, "user.asterope.json", R"({"a": 1, "list": [1, "x"], "time": "2024-01-15"})"), "ok");
    const Document before = *volume.document(file);
    const std::string packed = get(file, "user.asterope.msgpack");
    for (std::size_t size = 0; size < packed.size(); ++size)
        EXPECT_EQ(put(file, "user.asterope.msgpack", packed.substr(0, size)), "parse") << size;
    EXPECT_EQ(put(file, "user.asterope.msgpack", packed + "x"), "parse");
    EXPECT_EQ(put(file, "user.asterope.msgpack", "\x81\x01\x01"), "invalid") << "a name that is no text";
    for (const char* name : {"user.asterope.json", "user.asterope.patch"}) {
        std::string deep;
        for (int i = 0; i < 10'000; ++i) deep += "{\"a\":";
        EXPECT_EQ(put(file, name, deep), "parse");
        EXPECT_EQ(put(file, name, R"({"a": [[1]]})"), "invalid");
        EXPECT_EQ(put(file, name, R"({"": 1})"), "invalid");
        EXPECT_EQ(put(file, name, R"({"a": 1} x)"), "parse");
    }
    EXPECT_EQ(*volume.document(file), before);
}

TEST_F(XattrTest, APatchChangesSeveralFieldsInOneTransaction) {
    ASSERT_EQ(put(file, "user.asterope.json", R"({"a": 1, "b": 2})"), "ok");
    const Sequence before = volume.sequence();
    ASSERT_EQ(put(file, "user.asterope.patch", R"({"a": null, "b": 3, "c": {"d": true}})"), "ok");
    EXPECT_EQ(get(file, "user.asterope.json"), R"({"b":3,"c.d":true})");
    EXPECT_EQ(raw(volume.sequence()), raw(before) + 1);
    EXPECT_EQ(put(file, "user.asterope.patch", "[1]"), "parse");
}

TEST_F(XattrTest, APatchWithAConditionChangesOnlyTheVersionThatItNames) {
    ASSERT_EQ(put(file, "user.a", "1"), "ok");
    const std::string version = get(file, "user.asterope.version");
    const std::string patch = R"({"$if":{"version":)" + version + R"(},"a":2})";
    EXPECT_EQ(put(file, "user.asterope.patch", patch), "ok");
    EXPECT_EQ(put(file, "user.asterope.patch", patch), "conflict");
    EXPECT_EQ(get(file, "user.asterope.json"), R"({"a":2})") << "the condition is no field";
    for (const char* wrong : {R"({"$if":7})", R"({"$if":{"version":"7"}})", R"({"$if":{"size":7}})"})
        EXPECT_EQ(put(file, "user.asterope.patch", wrong), "parse") << wrong;
}

TEST_F(XattrTest, FieldsThatNoAttributeCanNameAreLeftOut) {
    ASSERT_EQ(outcome(volume.change_document(file,
                                             {{std::string(300, 'n'), Value(1)},
                                              {"asterope.json", Value(2)},
                                              {"ok", Value(3)},
                                              {"long", Value(std::string(70000, 'x'))}},
                                             SetMode::any, std::nullopt)),
              "ok");
    EXPECT_EQ(listed(file), "user.long user.ok");
    EXPECT_EQ(get(file, "user.long"), "[value_too_large]");
}

}  // namespace asterope::fs

#include <gtest/gtest.h>

#include <cmath>

#include <cerrno>
#include <limits>
#include <random>
#include <set>

#include "engine/core/attribute_name.h"
#include "engine/core/path.h"
#include "engine/core/result.h"
#include "engine/core/timestamp.h"
#include "engine/serialization/json.h"
#include "engine/serialization/msgpack.h"

namespace asterope {

TEST(Errors, EveryCodeHasAnErrnoANameAndAText) {
    std::set<std::string_view> names;
    for (int i = 0; i < kErrcCount; ++i) {
        const auto code = static_cast<Errc>(i);
        EXPECT_GT(errno_of(code), 0);
        EXPECT_TRUE(names.insert(name_of(code)).second) << name_of(code);
        EXPECT_FALSE((Error{code, "", 0}).text().empty());
    }
    EXPECT_EQ(errc_of(ENOSPC), Errc::no_space);
    EXPECT_EQ(errc_of(EDQUOT), Errc::no_space);
    EXPECT_EQ(system_error(EFBIG, "x").to_errno(), EFBIG);
}

TEST(Timestamps, ATextMeansTheWholeIntervalOfItsPrecision) {
    const auto text = [](std::string_view in) {
        const auto t = parse_time_interval(in);
        return t ? to_rfc3339(t->begin) + " " + to_rfc3339(t->end) : "none";
    };
    EXPECT_EQ(text("2024"), "2024-01-01T00:00:00Z 2025-01-01T00:00:00Z");
    EXPECT_EQ(text("2024-02"), "2024-02-01T00:00:00Z 2024-03-01T00:00:00Z");
    EXPECT_EQ(text("2024-02-29"), "2024-02-29T00:00:00Z 2024-03-01T00:00:00Z");
    EXPECT_EQ(text("2024-01-15T10:30"), "2024-01-15T10:30:00Z 2024-01-15T10:31:00Z");
    EXPECT_EQ(text("2024-01-15 10:30:59.25+02:00"), "2024-01-15T08:30:59.25Z 2024-01-15T08:30:59.26Z");
    EXPECT_EQ(text("0001-01-01"), "0001-01-01T00:00:00Z 0001-01-02T00:00:00Z");
    for (const char* wrong : {"2023-02-29", "2024-13", "2024-04-31", "24-01-01", "2024-01-15T25:00", "2024-01-15x", ""})
        EXPECT_EQ(text(wrong), "none") << wrong;
    EXPECT_FALSE(parse_timestamp("2024")) << "a bare year in a document is a number";
}

TEST(Timestamps, MonthsAreCutToTheirLastDay) {
    const Timestamp t = parse_timestamp("2024-01-31T12:00:00Z").value();
    EXPECT_EQ(to_rfc3339(add(t, TimeUnit::month, 1)), "2024-02-29T12:00:00Z");
    EXPECT_EQ(to_rfc3339(add(t, TimeUnit::year, -1)), "2023-01-31T12:00:00Z");
    EXPECT_EQ(to_rfc3339(add(t, TimeUnit::week, -1)), "2024-01-24T12:00:00Z");
}

TEST(Values, BytesOfAnAttributeRoundTrip) {
    for (const std::string& bytes : {std::string("CT"), std::string("a\0b", 3), std::string("\xff\xfe"), std::string(),
                                     std::string("12345"), std::string("\xc3\xa4\n/")})
        EXPECT_EQ(to_xattr_bytes(from_xattr_bytes(bytes)), bytes);
    EXPECT_EQ(to_xattr_bytes(Value(0.1)), "0.1");
    EXPECT_EQ(to_xattr_bytes(Value(Array{1, "x", true})), "[1,\"x\",true]");
    EXPECT_EQ(to_xattr_bytes(Value(UINT64_MAX)), "18446744073709551615");
}

TEST(Values, OnlyJsonNumbersAreNumbers) {
    EXPECT_EQ(*parse_json_number("12345"), Value(12345));
    EXPECT_EQ(*parse_json_number("-1.5e3"), Value(-1500.0));
    EXPECT_EQ(*parse_json_number("18446744073709551615"), Value(UINT64_MAX));
    for (const char* wrong : {"", "01", "+1", ".5", "1.", "1e", "0x10", " 1", "1 ", "nan", "--1"})
        EXPECT_FALSE(parse_json_number(wrong)) << wrong;
}

TEST(Values, OverlongAndSurrogateBytesAreNotUtf8) {
    EXPECT_TRUE(is_utf8("\xe2\x82\xac"));
    for (const char* wrong : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
        EXPECT_FALSE(is_utf8(wrong));
}

namespace {

Document every_type() {
    return {{"null", Null{}},
            {"yes", true},
            {"min", static_cast<long>(INT64_MIN)},
            {"max", UINT64_MAX},
            {"tenth", 0.1},
            {"text", "line\n\"quoted\" \xc3\xa4"},
            {"bytes", Binary{std::string("\x00\xff\x01", 3)}},
            {"list", Array{1, 2.5, "x", Null{}}},
            {"none", Array{}},
            {"study.date", parse_timestamp("2024-01-15T10:00:00.5Z").value()}};
}

}  // namespace

TEST(MessagePack, EveryTypeRoundTrips) {
    const Document document = every_type();
    EXPECT_EQ(document_from_msgpack(to_msgpack(document)).value(), document);
    EXPECT_EQ(field_from_msgpack(to_msgpack(document), "tenth").value(), Value(0.1));
    EXPECT_EQ(field_from_msgpack(to_msgpack(document), "absent").value(), std::nullopt);
}

TEST(MessagePack, WholeNumbersThatWereFloatsStayFloats) {
    Document document;
    document.set("two", Value(2.0));
    document.set("zero", Value(-0.0));
    document.set("list", Value(Array{Value(3.0)}));
    const Document read = document_from_msgpack(to_msgpack(document)).value();
    ASSERT_NE(read.find("two")->get_if<double>(), nullptr);
    ASSERT_NE(read.find("zero")->get_if<double>(), nullptr);
    EXPECT_TRUE(std::signbit(*read.find("zero")->get_if<double>()));
    ASSERT_NE(read.find("list")->get_if<Array>(), nullptr);
    EXPECT_NE(read.find("list")->get_if<Array>()->front().get_if<double>(), nullptr);
}

TEST(MessagePack, CutOrDamagedBytesAreAnErrorOrADocumentNeverACrash) {
    const std::string whole = to_msgpack(every_type());
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(document_from_msgpack(std::string_view(whole).substr(0, size))) << size;
    EXPECT_FALSE(document_from_msgpack(whole + "x"));
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const int flip : {0x01, 0x80, 0xff}) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ flip);
            (void)document_from_msgpack(damaged);
        }
    EXPECT_FALSE(document_from_msgpack(std::string(1000, '\x91'))) << "deep nesting";
}

TEST(Json, EveryTypeRoundTripsButTimestampsBecomeText) {
    Document expected = every_type();
    expected.set("study.date", "2024-01-15T10:00:00.5Z");
    EXPECT_EQ(document_from_json(to_json(every_type())).value(), expected);
}

TEST(Json, TheExactFormGivesTheSameDocument) {
    const Document document{{"$text", "a name"},  {"$name:YQ==", 1}, {"\xff", 2}, {"text", "\xfe"}, {"binary", Binary{"\x01"}},
                            {"time", Timestamp{1, 5}}, {"before", Timestamp{-1, 0}}, {"far", Timestamp{INT64_MAX, 999'999'999}},
                            {"zero", -0.0}, {"array", Array{Timestamp{0, 1}, "2024-01-15", Null{}}}, {"a.b", true}};
    const std::string json = to_json(document, JsonForm::exact);
    EXPECT_EQ(document_from_json(json).value(), document) << json;
    EXPECT_EQ(to_json(Document{{"time", Timestamp{0, 250'000'000}}}, JsonForm::exact), R"({"time":{"$time":"1970-01-01T00:00:00.25Z"}})");
    EXPECT_FALSE(document_from_json(R"({"a":{"$time":"noon"}})"));
    EXPECT_FALSE(document_from_json(R"({"$name:*":1})"));
}

TEST(Json, NestedObjectsAreFlattenedAndMistakesAreNamed) {
    EXPECT_EQ(document_from_json(R"({"study":{"date":"2024","n":{"x":1}}})").value(),
              (Document{{"study.date", "2024"}, {"study.n.x", 1}}));
    EXPECT_EQ(document_from_json("[1]").error().code, Errc::parse);
    EXPECT_EQ(document_from_json(R"({"a":[[1]]})").error().code, Errc::invalid);
    EXPECT_EQ(document_from_json(R"({"a":)").error().code, Errc::parse);
    EXPECT_FALSE(document_from_json(R"({"a":)" + std::string(100'000, '[')));
}

TEST(Json, AMergePatchRemovesWhatIsNull) {
    const auto patch = merge_patch_from_json(R"({"a":1,"b":null,"c":{"d":"x"}})").value();
    ASSERT_EQ(patch.size(), 3u);
    EXPECT_EQ(patch[0].value, Value(1));
    EXPECT_EQ(patch[1].value, std::nullopt);
    EXPECT_EQ(patch[2].name, "c.d");
}

TEST(AttributeNames, FieldsNoiseAndVirtualOnesAreToldApart) {
    EXPECT_EQ(attribute_kind("user.PatientID"), AttributeKind::field);
    EXPECT_EQ(attribute_kind("user.asterope.json"), AttributeKind::virtual_);
    EXPECT_EQ(attribute_kind("user.com.apple.quarantine"), AttributeKind::opaque);
    EXPECT_EQ(attribute_kind("security.selinux"), AttributeKind::opaque);
    EXPECT_EQ(field_of_attribute("user.a.b"), "a.b");
}

TEST(Keys, ComponentsThatCannotBeNamesAreRefused) {
    EXPECT_EQ(split_key("/a//b/").value(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(split_key("a/../b").error().code, Errc::invalid);
    EXPECT_EQ(split_key(std::string(256, 'x')).error().code, Errc::name_too_long);
    EXPECT_EQ(split_key(std::string("a\0b", 3)).error().code, Errc::invalid);
}

}  // namespace asterope

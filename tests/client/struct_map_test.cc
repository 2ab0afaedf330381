#include <gtest/gtest.h>

#include <asterope/asterope.h>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "engine/serialization/json.h"

enum class Side { left = 1, right = 2 };
MSGPACK_ADD_ENUM(Side)

namespace asterope {
namespace {

struct Position {
    double x = 0, y = 0;
    MSGPACK_DEFINE_MAP(x, y)
};

struct Everything {
    std::string text = "unset";
    int number = -1;
    std::uint8_t small = 0;
    std::uint64_t large = 0;
    double real = -1;
    float single = 0;
    bool flag = false;
    Side side = Side::left;
    Timestamp time;
    std::vector<unsigned char> bytes;
    std::vector<std::string> words;
    std::vector<double> reals;
    std::optional<int> maybe;
    std::optional<Timestamp> when;
    Position at;
    std::map<std::string, int> counts;
    MSGPACK_DEFINE_MAP(text, number, small, large, real, single, flag, side, time, bytes, words, reals, maybe,
                       when, at, counts)
};

std::string error_of(const Document& document) {
    const auto read = from_document<Everything>(document);
    return read ? "ok" : read.error().message;
}

TEST(StructMap, EveryKindOfMemberRoundTrips) {
    Everything value;
    value.text = "CT";
    value.number = std::numeric_limits<int>::min();
    value.small = 255;
    value.large = UINT64_MAX;
    value.real = 0.1;
    value.single = 0.5f;
    value.flag = true;
    value.side = Side::right;
    value.time = parse_timestamp("2024-01-15T10:00:00.25Z").value();
    value.bytes = {0, 255, 1};
    value.words = {"a", "b"};
    value.reals = {1, 2.5};
    value.maybe = 7;
    value.when = parse_timestamp("0001-01-01").value();
    value.at = {1, -2.5};
    value.counts = {{"ct", 3}, {"mr", 4}};
    const Document document = to_document(value).value();
    const auto back = from_document<Everything>(document).value();
    EXPECT_EQ(to_document(back).value(), document);
    EXPECT_EQ(back.large, UINT64_MAX);
    EXPECT_EQ(back.side, Side::right);
    EXPECT_EQ(back.bytes, value.bytes);
    EXPECT_EQ(back.when, value.when);
    EXPECT_EQ(back.counts, value.counts);
    EXPECT_EQ(
        to_json(document),
        R"({"at.x":1.0,"at.y":-2.5,"bytes":{"$binary":"AP8B"},"counts.ct":3,"counts.mr":4,"flag":true,)"
        R"("large":18446744073709551615,"maybe":7,"number":-2147483648,"real":0.1,"reals":[1.0,2.5],"side":2,)"
        R"("single":0.5,"small":255,"text":"CT","time":"2024-01-15T10:00:00.25Z","when":"0001-01-01T00:00:00Z",)"
        R"("words":["a","b"]})");
}

TEST(StructMap, DoublesStayDoubles) {
    for (const double number : {2.0, -3.0, 0.0, -0.0, 1e300, std::numeric_limits<double>::infinity()}) {
        const Document document = to_document(Position{number, 0}).value();
        const double* const stored = document.find("x")->get_if<double>();
        ASSERT_NE(stored, nullptr) << number;
        EXPECT_EQ(std::bit_cast<std::uint64_t>(*stored), std::bit_cast<std::uint64_t>(number));
        const double back = from_document<Position>(document).value().x;
        EXPECT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(number)) << number;
    }
    EXPECT_TRUE(
        std::isnan(from_document<Position>(to_document(Position{std::nan(""), 0}).value()).value().x));
}

TEST(StructMap, MissingFieldsKeepTheDefaultsAndOthersAreLeftOut) {
    const auto value = from_document<Everything>({{"number", 5}, {"unknown", "x"}, {"text", Null{}}}).value();
    EXPECT_EQ(value.number, 5);
    EXPECT_EQ(value.text, "unset") << "null is no value";
    EXPECT_EQ(value.maybe, std::nullopt);
    EXPECT_EQ(to_document(Everything{}).value().find("maybe"), nullptr) << "an empty optional is no field";
}

TEST(StructMap, TextThatSetfattrWroteIsReadAsTheMembersType) {
    const auto value = from_document<Everything>({{"number", "42"},
                                                  {"real", "2"},
                                                  {"flag", "true"},
                                                  {"time", "2024-01-15"},
                                                  {"maybe", "7"},
                                                  {"when", "2024-02"},
                                                  {"words", "alone"},
                                                  {"reals", Array{"1.5", 2}},
                                                  {"at.x", "-1e3"},
                                                  {"counts.ct", "3"}})
                           .value();
    EXPECT_EQ(value.number, 42);
    EXPECT_EQ(value.real, 2.0);
    EXPECT_TRUE(value.flag);
    EXPECT_EQ(to_rfc3339(value.time), "2024-01-15T00:00:00Z");
    EXPECT_EQ(value.maybe, 7);
    EXPECT_EQ(to_rfc3339(value.when.value()), "2024-02-01T00:00:00Z");
    EXPECT_EQ(value.words, std::vector<std::string>{"alone"});
    EXPECT_EQ(value.reals, (std::vector<double>{1.5, 2}));
    EXPECT_EQ(value.at.x, -1000);
    EXPECT_EQ(value.counts.at("ct"), 3);
}

TEST(StructMap, NumbersFitWhereTheirValueDoes) {
    EXPECT_EQ(from_document<Everything>({{"number", 2.0}}).value().number, 2);
    EXPECT_EQ(from_document<Everything>({{"real", 2}}).value().real, 2.0);
    EXPECT_EQ(from_document<Everything>({{"large", 0x1p63}}).value().large, std::uint64_t{1} << 63);
    EXPECT_EQ(from_document<Everything>({{"text", 0.5}}).value().text, "0.5");
    EXPECT_EQ(error_of({{"number", 2.5}}), "field 'number' is not a whole number");
    EXPECT_EQ(error_of({{"number", 0x1p70}}), "field 'number' is not a whole number");
    EXPECT_EQ(error_of({{"small", 256}}), "field 'small' does not fit the struct's member");
    EXPECT_EQ(error_of({{"number", 1}, {"large", -1}}), "field 'large' does not fit the struct's member");
}

TEST(StructMap, AValueOfAnotherTypeIsNamed) {
    EXPECT_EQ(error_of({{"number", "many"}}), "field 'number' is not a number");
    EXPECT_EQ(error_of({{"real", true}}), "field 'real' is not a number");
    EXPECT_EQ(error_of({{"flag", 1}}), "field 'flag' is not true or false");
    EXPECT_EQ(error_of({{"time", "yesterday"}}), "field 'time' is not a time");
    EXPECT_EQ(error_of({{"when", 5}}), "field 'when' is not a time");
    EXPECT_EQ(error_of({{"text", Array{"a"}}}), "field 'text' is not text");
    EXPECT_EQ(error_of({{"reals", Array{1, "x"}}}), "field 'reals' is not a number");
    EXPECT_EQ(error_of({{"at.x", "far"}}), "field 'at.x' is not a number");
    EXPECT_EQ(error_of({{"at", 1}}), "field 'at' is not a group of fields");
    EXPECT_EQ(error_of({{"counts.ct", "x"}}), "field 'counts.ct' is not a number");
}

TEST(StructMap, AMembersNameIsItsField) {
    EXPECT_EQ(member_name(&Everything::when), "when");
    EXPECT_EQ((field(&Everything::text) == "CT").predicate(), (query::field("text") == "CT").predicate());
}

}  // namespace
}  // namespace asterope

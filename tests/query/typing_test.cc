#include "query/typing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>

#include "query/encoding.h"

namespace asterope::query::testing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        char text[4];
        std::snprintf(text, sizeof text, "%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
        out.append(out.empty() ? "" : " ").append(text);
    }
    return out;
}

/// "number* text": the classes of the terms, the primary ones starred.
std::string classes(const Value& value, FieldType declared = FieldType::undeclared) {
    static const char* const kNames[] = {"", "null", "boolean", "number", "timestamp", "text", "binary"};
    std::string out;
    for (const Term& term : terms_of(value, declared))
        out.append(out.empty() ? "" : " ")
            .append(kNames[static_cast<int>(class_of(term.bytes))])
            .append(term.primary ? "*" : "");
    return out;
}

TEST(Encoding, IsWhatTheHeaderSays) {
    EXPECT_EQ(hex(encode_number(Value((1L << 53) + 1))), "03 C3 40 00 00 00 00 00 00 00 01");
    EXPECT_EQ(hex(encode_text("a")), "05 61 00 00");
    EXPECT_EQ(hex(encode_text(std::string_view("\0b", 2))), "05 00 FF 62 00 00");
    EXPECT_EQ(hex(encode_timestamp({0, 1})), "04 80 00 00 00 00 00 00 00 00 00 00 01");
    EXPECT_EQ(hex(encode_null()) + " | " + hex(encode_boolean(true)), "01 | 02 01");
}

TEST(Encoding, OrdersNumbersExactlyAcrossTypes) {
    const Value ascending[] = {Value(-kInfinity),
                               Value(-1e300),
                               Value(INT64_MIN),
                               Value(INT64_MIN + 1),
                               Value(-9007199254740993L),
                               Value(-9007199254740992L),
                               Value(-1.5),
                               Value(-1),
                               Value(-5e-324),
                               Value(0),
                               Value(5e-324),
                               Value(0.5),
                               Value(1),
                               Value(9007199254740991L),
                               Value(9007199254740992.0),
                               Value(9007199254740993L),
                               Value(9007199254740994.0),
                               Value(INT64_MAX - 1),
                               Value(INT64_MAX),
                               Value(9223372036854775808.0),
                               Value(std::uint64_t{9223372036854775809u}),
                               Value(UINT64_MAX - 2048),
                               Value(UINT64_MAX - 2047),
                               Value(UINT64_MAX - 1),
                               Value(UINT64_MAX),
                               Value(18446744073709551616.0),
                               Value(1e300),
                               Value(kInfinity),
                               Value(std::nan(""))};
    for (std::size_t i = 0; i + 1 < std::size(ascending); ++i)
        EXPECT_LT(encode_number(ascending[i]), encode_number(ascending[i + 1])) << i;
}

TEST(Encoding, GivesEqualNumbersOneTerm) {
    EXPECT_EQ(encode_number(Value(5)), encode_number(Value(5.0)));
    EXPECT_EQ(encode_number(Value(-0.0)), encode_number(Value(0)));
    EXPECT_EQ(encode_number(Value(9007199254740992.0)), encode_number(Value(9007199254740992L)));
    EXPECT_EQ(encode_number(Value(9223372036854775808.0)), encode_number(Value(std::uint64_t{1} << 63)));
    EXPECT_NE(encode_number(Value(18446744073709551616.0)), encode_number(Value(UINT64_MAX)));
    EXPECT_EQ(encode_number(Value(std::nan("1"))), encode_number(Value(-std::nan("2"))));
}

TEST(Encoding, NoTermIsAPrefixOfAnother) {
    std::vector<std::string> terms{
        encode_null(),           encode_boolean(false), encode_boolean(true),     encode_number(Value(0)),
        encode_number(Value(1)), encode_timestamp({}),  encode_timestamp({0, 1}), encode_binary(""),
        encode_binary("a")};
    for (const char* text : {"", "a", "ab", "b"}) terms.push_back(encode_text(text));
    terms.push_back(encode_text(std::string_view("\0", 1)));
    terms.push_back(encode_text(std::string_view("\0\0", 2)));
    terms.push_back(encode_text(std::string_view("a\0", 2)));
    terms.push_back(encode_text("a\x01"));
    for (const auto& a : terms)
        for (const auto& b : terms) EXPECT_TRUE(&a == &b || !b.starts_with(a)) << hex(a) << " | " << hex(b);
}

TEST(Encoding, OrdersTextByItsBytes) {
    const std::string ascending[] = {"",
                                     std::string("\0", 1),
                                     std::string("\0\0", 2),
                                     std::string("\0a", 2),
                                     "\x01",
                                     "a",
                                     std::string("a\0", 2),
                                     std::string("a\0b", 3),
                                     "a\x01",
                                     "ab",
                                     "b",
                                     "\xFF",
                                     "\xFF\xFF"};
    for (std::size_t i = 0; i + 1 < std::size(ascending); ++i) {
        EXPECT_LT(encode_text(ascending[i]), encode_text(ascending[i + 1])) << i;
        EXPECT_EQ(decode_text(encode_text(ascending[i])), ascending[i]);
    }
}

TEST(Encoding, PrefixIntervalsHoldWhatStartsSo) {
    for (const std::string& prefix : {std::string(), std::string("a"), std::string("a\0", 2),
                                      std::string("\xFF"), std::string("a\xFF\xFF")}) {
        const TermInterval interval = text_prefix(prefix);
        EXPECT_TRUE(interval.contains(encode_text(prefix)));
        EXPECT_TRUE(interval.contains(encode_text(prefix + "\xFF\xFF\xFF")));
        EXPECT_TRUE(interval.contains(encode_text(prefix + std::string(3, '\0'))));
        EXPECT_FALSE(interval.contains(encode_binary("")));
        EXPECT_EQ(interval.contains(encode_text(prefix.substr(0, prefix.size() / 2))), prefix.empty());
    }
}

TEST(Encoding, KnowsIntervalsOfOneTerm) {
    for (const std::string& term : {encode_null(), encode_boolean(true), encode_number(Value(1e300)),
                                    encode_number(Value(std::nan(""))), encode_timestamp({-1, 5}),
                                    encode_text(""), encode_text("a"), encode_binary("\xFF")}) {
        EXPECT_TRUE(only(term).single()) << hex(term);
        EXPECT_TRUE(only(term).contains(term));
        EXPECT_LT(term + std::string(8, '\xFF'), after(term));
    }
    EXPECT_FALSE(TermInterval{}.single());
    for (const TypeClass type :
         {TypeClass::boolean, TypeClass::number, TypeClass::timestamp, TypeClass::text, TypeClass::binary})
        EXPECT_FALSE(whole_class(type).single());
    EXPECT_FALSE(text_prefix("a").single());
    EXPECT_FALSE(text_prefix(std::string("a\0\0", 3)).single());
    EXPECT_FALSE((TermInterval{encode_number(Value(1)), after(encode_number(Value(2)))}).single());
}

TEST(Typing, ReadsTextAsWhatItSpells) {
    EXPECT_EQ(classes(Value("12345")), "number* text");
    EXPECT_EQ(classes(Value("-1.5e3")), "number* text");
    EXPECT_EQ(classes(Value("0123")), "text*");
    EXPECT_EQ(classes(Value("2024-01-15")), "timestamp* text");
    EXPECT_EQ(classes(Value("2024-01")), "timestamp* text");
    EXPECT_EQ(classes(Value("2024")), "number* text");
    EXPECT_EQ(classes(Value("2024-02-30")), "text*");
    EXPECT_EQ(classes(Value("true")), "text*");
    EXPECT_EQ(classes(Value("")), "text*");
}

TEST(Typing, DeclaredTypesConvertOrStayText) {
    EXPECT_EQ(classes(Value(12345), FieldType::text), "text*");
    EXPECT_EQ(classes(Value("12345"), FieldType::text), "text*");
    EXPECT_EQ(classes(Value("12345"), FieldType::number), "number* text");
    EXPECT_EQ(classes(Value("2024-01-15"), FieldType::number), "text*");
    EXPECT_EQ(classes(Value(true), FieldType::number), "text*");
    EXPECT_EQ(classes(Value(20240115), FieldType::date), "timestamp*");
    EXPECT_EQ(classes(Value("20240115"), FieldType::date), "timestamp* text");
    EXPECT_EQ(classes(Value(20241399), FieldType::date), "text*");
    EXPECT_EQ(classes(Value("true"), FieldType::boolean), "boolean* text");
    EXPECT_EQ(classes(Value("yes"), FieldType::boolean), "text*");
    EXPECT_EQ(classes(Value(Null{}), FieldType::text), "null*");
    EXPECT_EQ(classes(Value(Binary{"x"}), FieldType::number), "binary*");
}

TEST(Typing, ArraysHaveTheTermsOfTheirElementsOnce) {
    EXPECT_EQ(classes(Value(Array{Value(5), Value("5"), Value(5.0), Value("x")})), "number* text text*");
    EXPECT_EQ(classes(Value(Array{})), "");
    EXPECT_EQ(classes(Value(Array{Value(Array{Value(1)}), Value(Null{})})), "null* number*");
    EXPECT_EQ(classes(Value(Array{Value(7), Value("7")}), FieldType::text), "text*");
}

TEST(Typing, BoundsNestedArrays) {
    Value value(1);
    for (int i = 0; i < 1000; ++i) value = Value(Array{std::move(value)});
    EXPECT_EQ(classes(value), "");
}

}  // namespace
}  // namespace asterope::query::testing

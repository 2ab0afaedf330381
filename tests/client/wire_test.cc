#include <gtest/gtest.h>

#include <iostream>

#include "client/wire/limits.h"
#include "tests/client/random_message.h"
#include "tests/seed.h"

namespace asterope::wire {
namespace {

template <class T>
std::string encoded(const T& value) {
    Encoder out;
    encode(out, value);
    return std::move(out).take();
}

/// Whether `bytes` are a T; whatever they are, decoding must not go wrong in another way.
template <class T>
bool decodes(std::string_view bytes) {
    auto in = Decoder::parse(bytes);
    if (!in) return false;
    T value{};
    decode(*in, value);
    return in->finish().has_value();
}

std::string damaged(const std::string& bytes, RandomMessage& random) {
    std::string copy = bytes;
    for (std::size_t i = random.below(4) + 1; i > 0; --i)
        copy[random.below(copy.size())] = static_cast<char>(random.number());
    if (random.below(4) == 0) copy.insert(random.below(copy.size()), 1, static_cast<char>(random.number()));
    if (random.below(4) == 0) copy.erase(random.below(copy.size()), 1 + random.below(3));
    return copy;
}

TEST(Requests, EveryOneComesOutAsItWentIn) {
    RandomMessage random(seed_of_test());
    for (int round = 0; round < 50; ++round) {
        for_each_request([&](auto request) {
            random.fill(request);
            const std::string bytes = encode_request(request);
            auto back = decode_request(bytes);
            ASSERT_TRUE(back) << back.error().text();
            ASSERT_TRUE(std::holds_alternative<decltype(request)>(**back));
            EXPECT_EQ(encode_request(**back), bytes);
        });
    }
}

TEST(Requests, CutAnywhereTheyAreAParseError) {
    RandomMessage random(seed_of_test());
    for_each_request([&](auto request) {
        random.fill(request);
        const std::string bytes = encode_request(request);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const auto back = decode_request(std::string_view(bytes).substr(0, size));
            ASSERT_FALSE(back);
            EXPECT_EQ(back.error().code, Errc::parse);
        }
        EXPECT_FALSE(decode_request(bytes + '\0'));
    });
}

TEST(Requests, DamagedTheyAreRequestsOrParseErrors) {
    RandomMessage random(seed_of_test());
    for (int round = 0; round < 200; ++round) {
        for_each_request([&](auto request) {
            random.fill(request);
            const std::string bytes = damaged(encode_request(request), random);
            auto back = decode_request(bytes);
            if (back) {
                EXPECT_FALSE(encode_request(**back).empty());
            } else {
                EXPECT_EQ(back.error().code, Errc::parse);
            }
        });
    }
}

TEST(Replies, EveryOneComesOutAsItWentIn) {
    RandomMessage random(seed_of_test());
    for (int round = 0; round < 50; ++round) {
        for_each_request([&](auto request) {
            typename decltype(request)::Reply reply{};
            random.fill(reply);
            const std::string bytes = encode_reply(reply);
            const auto back = decode_reply<decltype(reply)>(bytes);
            ASSERT_TRUE(back) << back.error().text();
            EXPECT_EQ(encode_reply(*back), bytes);
        });
    }
}

TEST(Replies, CutOrDamagedTheyAreRepliesOrErrors) {
    RandomMessage random(seed_of_test());
    for_each_request([&](auto request) {
        typename decltype(request)::Reply reply{};
        random.fill(reply);
        const std::string bytes = encode_reply(reply);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const auto back = decode_reply<decltype(reply)>(std::string_view(bytes).substr(0, size));
            ASSERT_FALSE(back);
            EXPECT_EQ(back.error().code, Errc::parse);
        }
        for (int round = 0; round < 200; ++round) {
            const std::string other = damaged(bytes, random);
            if (const auto back = decode_reply<decltype(reply)>(other)) {
                EXPECT_FALSE(encode_reply(*back).empty());
            }
        }
    });
}

TEST(Replies, EveryErrorArrivesWithItsCodeTextAndErrno) {
    for (int i = 0; i < kErrcCount; ++i) {
        const Error error{static_cast<Errc>(i), "what happened", i};
        const auto back = decode_reply<Attr>(encode_error(error));
        ASSERT_FALSE(back);
        EXPECT_EQ(back.error().code, error.code);
        EXPECT_EQ(back.error().message, error.message);
        EXPECT_EQ(back.error().sys_errno, error.sys_errno);
    }
}

TEST(Greetings, ComeOutAsTheyWentIn) {
    const auto hello = decode_message<Hello>(encode_message(Hello{.session = "abc"}));
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->name, kProtocolName);
    EXPECT_EQ(hello->version, kProtocolVersion);
    EXPECT_FALSE(decode_message<Hello>("GET / HTTP/1.1\r\n\r\n"));
}

TEST(Values, EveryKindKeepsItsTypeAndBytes) {
    const Value values[] = {Null{}, true, -1, INT64_MIN, UINT64_MAX, 0.1, -0.0, "text", std::string("\xff\0x", 3),
                            Timestamp{-1, 999'999'999}, Binary{"\xff"}, Array{1, "two", Null{}}, Array{}};
    for (const Value& value : values) {
        const std::string bytes = encoded(value);
        auto in = Decoder::parse(bytes);
        ASSERT_TRUE(in);
        Value back;
        decode(*in, back);
        EXPECT_TRUE(in->finish());
        EXPECT_EQ(back, value);
    }
}

TEST(Values, ArraysInArraysAreRefused) {
    EXPECT_FALSE(decodes<Value>(encoded(Value(Array{Array{1}}))));
}

TEST(Documents, FieldsOutOfOrderOrWithoutANameAreRefused) {
    const auto document = [](std::initializer_list<std::string_view> names) {
        Encoder out;
        out.array(names.size());
        for (const auto name : names) {
            out.array(2);
            out.text(name);
            encode(out, Value(1));
        }
        return std::move(out).take();
    };
    EXPECT_TRUE(decodes<Document>(document({"a", "b"})));
    EXPECT_FALSE(decodes<Document>(document({"b", "a"})));
    EXPECT_FALSE(decodes<Document>(document({"a", "a"})));
    EXPECT_FALSE(decodes<Document>(document({""})));
    EXPECT_FALSE(decodes<Document>(document({std::string_view("a\0b", 3)})));
}

TEST(Decoding, AClaimOfManyItemsCostsNoMemory) {
    // Arrays of 2^32 - 1 items, nested: far more than the message could hold.
    std::string bytes;
    for (int i = 0; i < 64; ++i) bytes += "\xdd\xff\xff\xff\xff";
    EXPECT_FALSE(Decoder::parse(bytes));
}

TEST(Decoding, DepthIsBounded) {
    EXPECT_FALSE(Decoder::parse(std::string(100'000, '\x91') + '\xc0'));
    EXPECT_TRUE(Decoder::parse(std::string(limits::kNesting - 1, '\x91') + '\xc0'));
}

TEST(Decoding, NumbersOutOfRangeAreRefused) {
    EXPECT_FALSE(decodes<std::uint32_t>(encoded(std::uint64_t{1} << 32)));
    EXPECT_FALSE(decodes<std::uint64_t>(encoded(std::int64_t{-1})));
    EXPECT_FALSE(decodes<std::int64_t>(encoded(std::uint64_t{1} << 63)));
    EXPECT_TRUE(decodes<std::int64_t>(encoded(INT64_MIN)));
    EXPECT_FALSE(decodes<NodeType>(encoded(std::uint64_t{7})));
    EXPECT_TRUE(decodes<NodeType>(encoded(std::uint64_t{6})));
    EXPECT_TRUE(decodes<NodeId>(encoded(UINT64_MAX)));
}

}  // namespace
}  // namespace asterope::wire

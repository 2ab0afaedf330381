#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "client/wire/limits.h"
#include "client/wire/pack.h"
#include "client/wire/structs.h"

/// How each C++ type looks as MessagePack: structs are arrays of their members, optionals the value or nil, enumerations
/// and identifiers numbers, a Value [kind, value], a Document an array of [name, value].
namespace asterope::wire {

void encode(Encoder& out, const Value& value);
void encode(Encoder& out, const Document& document);
void decode(Decoder& in, Value& value);
void decode(Decoder& in, Document& document);

inline std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// Content that a reply brings.
struct Content {
    std::string bytes;
    bool operator==(const Content&) const = default;
};

template <class T>
concept Struct = requires(T& v) { members(v); } || requires(T& v) { T::members(v); };

template <class T>
auto members_of(T& v) {
    if constexpr (requires { std::remove_const_t<T>::members(v); })
        return std::remove_const_t<T>::members(v);
    else
        return members(v);
}

inline void encode(Encoder& out, bool value) {
    out.boolean(value);
}
inline void encode(Encoder& out, std::string_view value) {
    out.text(value);
}
inline void encode(Encoder& out, const std::string& value) {
    out.text(value);
}
inline void encode(Encoder& out, std::span<const std::byte> value) {
    out.bytes(as_text(value));
}
inline void encode(Encoder& out, const Content& value) {
    out.bytes(value.bytes);
}
inline void encode(Encoder& out, std::monostate) {
    out.nil();
}
inline void encode(Encoder& out, Timestamp t) {
    out.array(2);
    out.integer(t.seconds);
    out.natural(t.nanoseconds);
}
inline void encode(Encoder& out, std::chrono::seconds duration) {
    out.integer(duration.count());
}
template <class T>
    requires(std::integral<T> && !std::same_as<T, bool>)
void encode(Encoder& out, T value) {
    if constexpr (std::is_signed_v<T>)
        out.integer(value);
    else
        out.natural(value);
}
template <class T>
    requires std::is_enum_v<T>
void encode(Encoder& out, T value) {
    out.natural(static_cast<std::uint64_t>(value));
}
template <Struct T>
void encode(Encoder& out, const T& value);
template <class T>
void encode(Encoder& out, const std::optional<T>& value) {
    value ? encode(out, *value) : out.nil();
}
template <class T>
void encode(Encoder& out, const std::vector<T>& values) {
    out.array(values.size());
    for (const T& value : values) encode(out, value);
}
template <Struct T>
void encode(Encoder& out, const T& value) {
    const auto all = members_of(value);
    out.array(std::tuple_size_v<decltype(all)>);
    std::apply([&](const auto&... member) { (encode(out, member), ...); }, all);
}

inline void decode(Decoder& in, bool& value) {
    value = in.boolean();
}
inline void decode(Decoder& in, std::string_view& value) {
    value = in.text();
}
inline void decode(Decoder& in, std::string& value) {
    value = in.text();
}
inline void decode(Decoder& in, std::span<const std::byte>& value) {
    value = as_bytes(in.bytes());
}
inline void decode(Decoder& in, Content& value) {
    value.bytes = in.bytes();
}
inline void decode(Decoder& in, std::monostate&) {
    if (!in.take_nil()) in.fail("expected nil");
}
inline void decode(Decoder& in, Timestamp& t) {
    if (in.enter() != 2) in.fail("a time has two numbers");
    t.seconds = in.integer();
    const std::uint64_t nanoseconds = in.natural();
    if (nanoseconds >= 1'000'000'000) return in.fail("nanoseconds are out of range");
    t.nanoseconds = static_cast<std::uint32_t>(nanoseconds);
    in.leave();
}
inline void decode(Decoder& in, std::chrono::seconds& duration) {
    const std::int64_t count = in.integer();
    if (count < 0 || count > limits::kSeconds) return in.fail("a duration is out of range");
    duration = std::chrono::seconds(count);
}
template <class T>
    requires(std::integral<T> && !std::same_as<T, bool>)
void decode(Decoder& in, T& value) {
    const auto number = [&] {
        if constexpr (std::is_signed_v<T>)
            return in.integer();
        else
            return in.natural();
    }();
    if (!std::in_range<T>(number)) return in.fail("a number is out of range");
    value = static_cast<T>(number);
}
template <class T>
    requires std::is_enum_v<T>
void decode(Decoder& in, T& value) {
    const std::uint64_t number = in.natural();
    if (number > kEnumMax<T>) return in.fail("a number names nothing");
    value = static_cast<T>(number);
}
template <Struct T>
void decode(Decoder& in, T& value);
template <class T>
void decode(Decoder& in, std::optional<T>& value) {
    if (in.take_nil()) return value.reset();
    decode(in, value.emplace());
}
template <class T>
void decode(Decoder& in, std::vector<T>& values) {
    const std::size_t count = in.enter();
    values.clear();
    for (std::size_t i = 0; i < count && !in.failed(); ++i) decode(in, values.emplace_back());
    in.leave();
}
template <Struct T>
void decode(Decoder& in, T& value) {
    const auto all = members_of(value);
    if (in.enter() != std::tuple_size_v<decltype(all)>) in.fail("a struct has another number of members");
    std::apply([&](auto&... member) { (decode(in, member), ...); }, all);
    in.leave();
}

}  // namespace asterope::wire

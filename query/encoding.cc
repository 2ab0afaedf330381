#include "query/encoding.h"

#include <bit>
#include <cmath>
#include <limits>

namespace asterope::query {
namespace {

__extension__ typedef __int128 Wide;

std::string start(TypeClass type) {
    return std::string(1, static_cast<char>(type));
}

template <class Integer>
void append_big_endian(std::string& out, Integer number) {
    for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8)
        out += static_cast<char>(static_cast<unsigned char>(number >> shift));
}

std::string number_term(double floor, std::uint16_t residual) {
    if (floor == 0) floor = 0;  // -0 and 0 are one number
    const auto bits = std::bit_cast<std::uint64_t>(floor);
    constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
    std::string out = start(TypeClass::number);
    append_big_endian(out, (bits & kSign) != 0 ? ~bits : bits | kSign);
    append_big_endian(out, residual);
    return out;
}

template <class Integer>
std::string integer_term(Integer integer) {
    auto floor = static_cast<double>(integer);
    if (static_cast<Wide>(floor) > static_cast<Wide>(integer))
        floor = std::nextafter(floor, -std::numeric_limits<double>::infinity());
    return number_term(floor,
                       static_cast<std::uint16_t>(static_cast<Wide>(integer) - static_cast<Wide>(floor)));
}

void append_escaped(std::string& out, std::string_view bytes) {
    for (const char c : bytes) {
        out += c;
        if (c == '\0') out += '\xFF';
    }
}

std::string escaped_term(TypeClass type, std::string_view bytes) {
    std::string out = start(type);
    append_escaped(out, bytes);
    out.append(2, '\0');
    return out;
}

}  // namespace

std::string encode_null() {
    return start(TypeClass::null);
}

std::string encode_boolean(bool b) {
    return start(TypeClass::boolean) + static_cast<char>(b ? 1 : 0);
}

std::string encode_number(const Value& number) {
    if (const auto* i = number.get_if<std::int64_t>()) return integer_term(*i);
    if (const auto* u = number.get_if<std::uint64_t>()) return integer_term(*u);
    const double d = *number.get_if<double>();
    return std::isnan(d) ? start(TypeClass::number) + std::string(10, '\xFF') : number_term(d, 0);
}

std::string encode_timestamp(Timestamp t) {
    std::string out = start(TypeClass::timestamp);
    append_big_endian(out, static_cast<std::uint64_t>(t.seconds) ^ (std::uint64_t{1} << 63));
    append_big_endian(out, t.nanoseconds);
    return out;
}

std::string encode_text(std::string_view text) {
    return escaped_term(TypeClass::text, text);
}

std::string encode_binary(std::string_view bytes) {
    return escaped_term(TypeClass::binary, bytes);
}

std::string decode_text(std::string_view term) {
    const std::string_view escaped = term.substr(1, term.size() - 3);
    std::string out;
    out.reserve(escaped.size());
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        out += escaped[i];
        if (escaped[i] == '\0') ++i;
    }
    return out;
}

std::string after(std::string term) {
    while (term.back() == '\xFF') term.pop_back();  // the class byte stays
    term.back() = static_cast<char>(static_cast<unsigned char>(term.back()) + 1);
    return term;
}

bool is_whole_term(std::string_view bytes) {
    if (bytes.empty()) return false;
    switch (class_of(bytes)) {
        case TypeClass::null:
            return bytes.size() == 1;
        case TypeClass::boolean:
            return bytes.size() == 2;
        case TypeClass::number:
            return bytes.size() == 11;
        case TypeClass::timestamp:
            return bytes.size() == 13;
        case TypeClass::text:
        case TypeClass::binary:
            return bytes.size() >= 3 && bytes.ends_with(std::string_view("\0\0", 2));
    }
    return false;
}

TermInterval whole_class(TypeClass type) {
    return {start(type), start(static_cast<TypeClass>(static_cast<std::uint8_t>(type) + 1))};
}

TermInterval whole_numbers() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return {encode_number(Value(-kInfinity)), after(encode_number(Value(kInfinity)))};
}

TermInterval text_prefix(std::string_view prefix) {
    std::string begin = start(TypeClass::text);
    append_escaped(begin, prefix);
    std::string end = after(begin);
    return {std::move(begin), std::move(end)};
}

}  // namespace asterope::query

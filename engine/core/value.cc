#include "engine/core/value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "engine/core/overload.h"

namespace asterope {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The length of the JSON number at the front of `text`, 0 if there is none; `integral` tells if it has no fraction or exponent.
std::size_t json_number_length(std::string_view text, bool& integral) {
    std::size_t i = 0;
    const auto digits = [&] {
        const std::size_t from = i;
        while (i < text.size() && is_digit(text[i])) ++i;
        return i > from;
    };
    integral = true;
    if (i < text.size() && text[i] == '-') ++i;
    if (i < text.size() && text[i] == '0')
        ++i;
    else if (!digits())
        return 0;
    if (i < text.size() && text[i] == '.') {
        integral = false;
        ++i;
        if (!digits()) return 0;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        integral = false;
        ++i;
        if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
        if (!digits()) return 0;
    }
    return i;
}

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", byte);
            out += escape.data();
        } else {
            out += c;
        }
    }
    out += '"';
}

void append_json(std::string& out, const Value& value);

void append_array(std::string& out, const Array& array) {
    out += '[';
    for (std::size_t i = 0; i < array.size(); ++i) {
        if (i != 0) out += ',';
        append_json(out, array[i]);
    }
    out += ']';
}

void append_json(std::string& out, const Value& value) {
    std::visit(Overload{[&](const std::string& text) { append_json_text(out, text); },
                        [&](const Timestamp& t) { append_json_text(out, to_rfc3339(t)); },
                        [&](const Binary& b) { append_json_text(out, b.bytes); },
                        [&](const Array& array) { append_array(out, array); },
                        [&](const auto&) { out += to_xattr_bytes(value); }},
               value.storage());
}

}  // namespace

void Value::set_unsigned(std::uint64_t u) {
    if (u <= static_cast<std::uint64_t>(INT64_MAX))
        storage_ = static_cast<std::int64_t>(u);
    else
        storage_ = u;
}

std::string to_text(double number) {
    if (std::isnan(number)) return "nan";
    if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    return {text.data(), end};
}

std::string to_xattr_bytes(const Value& value) {
    return std::visit(Overload{[](const Null&) { return std::string("null"); },
                               [](bool b) { return std::string(b ? "true" : "false"); },
                               [](std::int64_t i) { return std::to_string(i); },
                               [](std::uint64_t u) { return std::to_string(u); },
                               [](double d) { return to_text(d); },
                               [](const std::string& text) { return text; },
                               [](const Timestamp& t) { return to_rfc3339(t); },
                               [](const Binary& b) { return b.bytes; },
                               [](const Array& array) {
                                   std::string out;
                                   append_array(out, array);
                                   return out;
                               }},
                      value.storage());
}

Value from_xattr_bytes(std::string_view bytes) {
    if (bytes.find('\0') == std::string_view::npos && is_utf8(bytes)) return Value(bytes);
    return Value(Binary{std::string(bytes)});
}

bool is_utf8(std::string_view bytes) {
    std::size_t i = 0;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    while (i < bytes.size()) {
        const unsigned char lead = byte(i);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        const std::size_t extra = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
        if (lead < 0xC2 || lead > 0xF4 || i + extra >= bytes.size()) return false;
        for (std::size_t k = 1; k <= extra; ++k)
            if ((byte(i + k) & 0xC0) != 0x80) return false;
        const unsigned char second = byte(i + 1);
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
            (lead == 0xF4 && second > 0x8F))
            return false;
        i += extra + 1;
    }
    return true;
}

std::optional<Value> parse_json_number(std::string_view text) {
    bool integral = false;
    if (text.empty() || json_number_length(text, integral) != text.size()) return std::nullopt;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    if (integral && text != "-0") {
        std::int64_t i = 0;
        if (std::from_chars(begin, end, i).ec == std::errc{}) return Value(static_cast<long>(i));
        std::uint64_t u = 0;
        if (std::from_chars(begin, end, u).ec == std::errc{}) return Value(static_cast<unsigned long>(u));
    }
    double d = 0;
    const auto parsed = std::from_chars(begin, end, d);
    if (parsed.ec == std::errc::result_out_of_range) d = std::strtod(std::string(text).c_str(), nullptr);
    return Value(d);
}

}  // namespace asterope

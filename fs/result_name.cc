#include "fs/result_name.h"

#include <charconv>

#include "engine/core/limits.h"

namespace asterope::fs {
namespace {

constexpr std::string_view kLongMark = "%~";
constexpr std::size_t kHexDigits = 16;  ///< of the largest node number

bool must_encode(char c, bool first) {
    return c == '%' || c == '/' || c == '=' || c == '@' || (first && (c == '(' || c == '.'));
}

void append_encoded(std::string& out, char c) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
}

/// The encoding of `key`, or of as much of it as fits in `bytes_max`; `whole` says which.
std::string encode_up_to(std::string_view key, std::size_t bytes_max, bool& whole) {
    std::string out;
    whole = true;
    for (const char c : key) {
        const bool escape = must_encode(c, out.empty());
        if (out.size() + (escape ? 3 : 1) > bytes_max) {
            whole = false;
            break;
        }
        if (escape) {
            append_encoded(out, c);
        } else {
            out.push_back(c);
        }
    }
    return out;
}

std::string hex_of(NodeId node) {
    char digits[kHexDigits];
    const auto end = std::to_chars(digits, digits + sizeof digits, raw(node), 16).ptr;
    return std::string(digits, end);
}

template <class Number>
std::optional<Number> parse_hex(std::string_view digits) {
    Number number{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
    return number;
}

}  // namespace

std::string encode_result_name(std::string_view key, NodeId node) {
    bool whole = false;
    std::string name = encode_up_to(key, limits::kNameBytes, whole);
    if (whole) return name;
    const std::string mark = std::string(kLongMark) + hex_of(node);
    return encode_up_to(key, limits::kNameBytes - mark.size(), whole) + mark;
}

Result<ResultName> decode_result_name(std::string_view name) {
    ResultName result;
    for (std::size_t at = 0; at < name.size();) {
        if (name[at] != '%') {
            if (must_encode(name[at], at == 0)) return fail(Errc::not_found);
            result.key.push_back(name[at++]);
            continue;
        }
        if (name.substr(at).starts_with(kLongMark)) {
            const auto node = parse_hex<std::uint64_t>(name.substr(at + kLongMark.size()));
            if (!node) return fail(Errc::not_found);
            return ResultName{{}, NodeId{*node}};
        }
        const auto byte = parse_hex<unsigned char>(name.substr(at + 1, 2));
        if (!byte || name.size() < at + 3) return fail(Errc::not_found);
        result.key.push_back(static_cast<char>(*byte));
        at += 3;
    }
    if (result.key.empty()) return fail(Errc::not_found);
    return result;
}

}  // namespace asterope::fs

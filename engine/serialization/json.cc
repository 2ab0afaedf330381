#include "engine/serialization/json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/core/overload.h"
#include "engine/serialization/flatten.h"

namespace asterope {
namespace {

using nlohmann::json;

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr const char* kBinaryKey = "$binary";
constexpr const char* kFloatKey = "$float";
constexpr const char* kTimeKey = "$time";
constexpr const char* kTextKey = "$text";
constexpr std::string_view kNamePrefix = "$name:";
constexpr const char* kConditionKey = "$if";

std::string base64_encode(std::string_view bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k > bytes.size() ? '=' : kBase64[group >> (18 - 6 * k) & 63];
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    while (text.ends_with('=') ) text.remove_suffix(1);
    std::string out;
    std::uint32_t bits = 0, count = 0;
    for (const char c : text) {
        const std::size_t digit = kBase64.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        if ((count += 6) < 8) continue;
        count -= 8;
        out += static_cast<char>(bits >> count & 0xFF);
    }
    return out;
}

json json_of_text(const std::string& bytes, JsonForm form) {
    if (is_utf8(bytes)) return bytes;
    return json{{form == JsonForm::exact ? kTextKey : kBinaryKey, base64_encode(bytes)}};
}

/// Years that RFC 3339 has no text for are seconds and nanoseconds: "-99999999999.000000005".
std::string exact_time(const Timestamp& t) {
    const std::string text = to_rfc3339(t);
    if (parse_timestamp(text) == t) return text;
    std::array<char, 48> number{};
    std::snprintf(number.data(), number.size(), "%lld.%09u", static_cast<long long>(t.seconds), t.nanoseconds);
    return number.data();
}

std::optional<Timestamp> parse_exact_time(const std::string& text) {
    if (const auto time = parse_timestamp(text)) return time;
    const char* const end = text.data() + text.size();
    Timestamp t;
    const auto [point, bad_seconds] = std::from_chars(text.data(), end, t.seconds);
    if (bad_seconds != std::errc{} || end - point != 10 || *point != '.') return std::nullopt;
    const auto [last, bad_fraction] = std::from_chars(point + 1, end, t.nanoseconds);
    return bad_fraction == std::errc{} && last == end ? std::optional(t) : std::nullopt;
}

json json_of(const Value& value, JsonForm form) {
    return std::visit(Overload{[](const Null&) { return json(nullptr); },
                               [](double d) { return std::isfinite(d) ? json(d) : json{{kFloatKey, to_text(d)}}; },
                               [&](const std::string& text) { return json_of_text(text, form); },
                               [&](const Timestamp& t) {
                                   return form == JsonForm::exact ? json{{kTimeKey, exact_time(t)}} : json(to_rfc3339(t));
                               },
                               [](const Binary& b) { return json{{kBinaryKey, base64_encode(b.bytes)}}; },
                               [&](const Array& array) {
                                   json out = json::array();
                                   for (const Value& element : array) out.push_back(json_of(element, form));
                                   return out;
                               },
                               [](const auto& plain) { return json(plain); }},
                      value.storage());
}

/// The scalar that {"$binary": …}, {"$text": …}, {"$time": …} or {"$float": …} stands for; nullopt when `node` is an ordinary object.
std::optional<Result<Value>> tagged_scalar(const json& node) {
    if (node.size() != 1 || !node.begin()->is_string()) return std::nullopt;
    const auto& text = node.begin()->get_ref<const std::string&>();
    const std::string& key = node.begin().key();
    if (key == kBinaryKey || key == kTextKey) {
        auto bytes = base64_decode(text);
        if (!bytes) return Result<Value>(fail(Errc::parse, key + " is not base64"));
        return Result<Value>(key == kTextKey ? Value(std::move(*bytes)) : Value(Binary{std::move(*bytes)}));
    }
    if (key == kTimeKey) {
        const auto time = parse_exact_time(text);
        return time ? Result<Value>(Value(*time)) : Result<Value>(fail(Errc::parse, "$time is no RFC 3339 time"));
    }
    if (key != kFloatKey) return std::nullopt;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (text == "nan") return Result<Value>(Value(std::numeric_limits<double>::quiet_NaN()));
    if (text == "inf") return Result<Value>(Value(kInfinity));
    if (text == "-inf") return Result<Value>(Value(-kInfinity));
    return Result<Value>(fail(Errc::parse, "$float is nan, inf or -inf"));
}

Result<Value> value_of(const json& node, bool in_array) {
    if (node.is_object())
        if (auto scalar = tagged_scalar(node)) return *std::move(scalar);
    switch (node.type()) {
        case json::value_t::null: return Value(Null{});
        case json::value_t::boolean: return Value(node.get<bool>());
        case json::value_t::number_integer: return Value(node.get<std::int64_t>());
        case json::value_t::number_unsigned: return Value(node.get<std::uint64_t>());
        case json::value_t::number_float: return Value(node.get<double>());
        case json::value_t::string: return Value(node.get_ref<const std::string&>());
        case json::value_t::array: break;
        default: return fail(Errc::invalid, "an array may hold only scalars");
    }
    if (in_array) return fail(Errc::invalid, "an array may hold only scalars");
    Array array;
    for (const json& element : node) array.push_back(ASTEROPE_TRY(value_of(element, true)));
    return Value(std::move(array));
}

/// Parses with a bound on the nesting, so that the recursion below is bounded too.
Result<json> parse(std::string_view text) {
    bool too_deep = false;
    const auto bound = [&](int depth, json::parse_event_t, json&) {
        if (depth <= static_cast<int>(limits::kNesting)) return true;
        too_deep = true;
        return false;
    };
    try {
        json parsed = json::parse(text, bound);
        if (too_deep) return fail(Errc::parse, "JSON is nested too deeply");
        return parsed;
    } catch (const json::exception& error) {
        std::string_view what = error.what();
        if (const auto bracket = what.find("] "); bracket != std::string_view::npos) what.remove_prefix(bracket + 2);
        return fail(Errc::parse, "JSON: " + std::string(what));
    }
}

std::string name_to_json(const std::string& name, JsonForm form) {
    const bool as_it_is = form == JsonForm::plain || (is_utf8(name) && !name.starts_with('$'));
    return as_it_is ? name : std::string(kNamePrefix) + base64_encode(name);
}

Result<std::string> name_from_json(const std::string& name) {
    if (!name.starts_with(kNamePrefix)) return name;
    auto bytes = base64_decode(std::string_view(name).substr(kNamePrefix.size()));
    if (!bytes) return fail(Errc::parse, "'" + name + "' is not base64 after '" + std::string(kNamePrefix) + "'");
    return std::move(*bytes);
}

/// Calls `leaf(name, node)` for every member that is no plain object, with its dotted name.
template <class Leaf>
Status flatten(const json& object, const std::string& prefix, Leaf&& leaf) {
    for (const auto& [name, node] : object.items()) {
        const std::string full = ASTEROPE_TRY(join_field_name(prefix, ASTEROPE_TRY(name_from_json(name))));
        if (node.is_object() && !tagged_scalar(node))
            ASTEROPE_TRY_STATUS(flatten(node, full, leaf));
        else
            ASTEROPE_TRY_STATUS(leaf(full, node));
    }
    return {};
}

Result<json> parse_object(std::string_view text) {
    json parsed = ASTEROPE_TRY(parse(text));
    if (!parsed.is_object()) return fail(Errc::parse, "expected a JSON object");
    return parsed;
}

/// The changes of a merge patch.
Result<std::vector<FieldChange>> changes_of(const json& patch) {
    std::vector<FieldChange> changes;
    ASTEROPE_TRY_STATUS(flatten(patch, "", [&](const std::string& name, const json& node) -> Status {
        if (node.is_null())
            changes.push_back({name, std::nullopt});
        else
            changes.push_back({name, ASTEROPE_TRY(value_of(node, false))});
        return {};
    }));
    return changes;
}

std::string dump(const json& node) { return node.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string to_json(const Document& document, JsonForm form) {
    std::string out = "{";
    for (const auto& [name, value] : document) {
        if (out.size() > 1) out += ',';
        out += json_quote(name_to_json(name, form)) + ":" + dump(json_of(value, form));
    }
    return out + "}";
}

std::string to_json(const Value& value) { return dump(json_of(value, JsonForm::plain)); }
std::string json_quote(std::string_view text) { return dump(json(text)); }

Result<Document> document_from_json(std::string_view text) {
    const json parsed = ASTEROPE_TRY(parse_object(text));
    Document document;
    ASTEROPE_TRY_STATUS(flatten(parsed, "", [&](const std::string& name, const json& node) -> Status {
        document.set(name, ASTEROPE_TRY(value_of(node, false)));
        return {};
    }));
    return document;
}

Result<Value> value_from_json(std::string_view text) {
    return value_of(ASTEROPE_TRY(parse(text)), false);
}

Result<std::vector<FieldChange>> merge_patch_from_json(std::string_view text) {
    return changes_of(ASTEROPE_TRY(parse_object(text)));
}

Result<ConditionalPatch> conditional_patch_from_json(std::string_view text) {
    json parsed = ASTEROPE_TRY(parse_object(text));
    ConditionalPatch patch;
    if (const auto condition = parsed.find(kConditionKey); condition != parsed.end()) {
        const bool known = condition->is_object() && condition->size() == 1 && condition->contains("version") &&
                           condition->at("version").is_number_unsigned();
        if (!known) return fail(Errc::parse, R"(the condition of a patch is {"$if":{"version":NUMBER}})");
        patch.if_version = condition->at("version").get<std::uint64_t>();
        parsed.erase(condition);
    }
    patch.changes = ASTEROPE_TRY(changes_of(parsed));
    return patch;
}

}  // namespace asterope

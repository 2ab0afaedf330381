#include "query/typing.h"

#include <algorithm>
#include <optional>

#include "engine/core/limits.h"
#include "engine/core/timestamp.h"
#include "query/encoding.h"

namespace asterope::query {
namespace {

bool is_number(const Value& v) {
    return v.get_if<std::int64_t>() != nullptr || v.get_if<std::uint64_t>() != nullptr ||
           v.get_if<double>() != nullptr;
}

/// The term of a text in the class that `declared` asks for; nullopt when it does not convert.
std::optional<std::string> convert(std::string_view text, FieldType declared) {
    switch (declared) {
        case FieldType::undeclared:
            if (const auto number = parse_json_number(text)) return encode_number(*number);
            if (const auto time = parse_timestamp(text)) return encode_timestamp(*time);
            return std::nullopt;
        case FieldType::number:
            if (const auto number = parse_json_number(text)) return encode_number(*number);
            return std::nullopt;
        case FieldType::date:
            if (const auto time = parse_timestamp(text)) return encode_timestamp(*time);
            if (const auto date = parse_compact_date(text)) return encode_timestamp(date->begin);
            return std::nullopt;
        case FieldType::boolean:
            if (text == "true") return encode_boolean(true);
            if (text == "false") return encode_boolean(false);
            return std::nullopt;
        case FieldType::text:
            return std::nullopt;
    }
    return std::nullopt;
}

/// The term of a value that already has the type of a field declared `declared`, or of an undeclared one.
std::optional<std::string> native_term(const Value& v, FieldType declared) {
    const auto takes = [&](FieldType type) { return declared == FieldType::undeclared || declared == type; };
    if (v.is_null()) return encode_null();
    if (const auto* binary = v.get_if<Binary>()) return encode_binary(binary->bytes);
    if (const auto* b = v.get_if<bool>(); b && takes(FieldType::boolean)) return encode_boolean(*b);
    if (const auto* t = v.get_if<Timestamp>(); t && takes(FieldType::date)) return encode_timestamp(*t);
    if (is_number(v) && takes(FieldType::number)) return encode_number(v);
    return std::nullopt;
}

void append_terms(std::vector<Term>& out, const Value& scalar, FieldType declared) {
    if (auto term = native_term(scalar, declared)) {
        out.push_back({std::move(*term), true});
        return;
    }
    const auto* own_text = scalar.get_if<std::string>();
    const std::string spelled = own_text != nullptr ? std::string() : to_xattr_bytes(scalar);
    const std::string_view text =
        own_text != nullptr ? std::string_view(*own_text) : std::string_view(spelled);
    auto converted = convert(text, declared);
    const bool has_text = own_text != nullptr || !converted;
    const bool text_is_primary = !converted;
    if (converted) out.push_back({std::move(*converted), true});
    if (has_text) out.push_back({encode_text(text), text_is_primary});
}

/// Elements of arrays within arrays count as elements, down to the depth that any input may have.
void append_all(std::vector<Term>& out, const Value& value, FieldType declared, std::size_t depth) {
    const auto* array = value.get_if<Array>();
    if (array == nullptr) {
        append_terms(out, value, declared);
    } else if (depth < limits::kNesting) {
        for (const Value& element : *array) append_all(out, element, declared, depth + 1);
    }
}

/// Of equal terms one stays, primary if any of them is: primary ones are sorted to the front.
void remove_duplicates(std::vector<Term>& terms) {
    std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) {
        return a.bytes != b.bytes ? a.bytes < b.bytes : a.primary && !b.primary;
    });
    const auto same = [](const Term& a, const Term& b) { return a.bytes == b.bytes; };
    terms.erase(std::unique(terms.begin(), terms.end(), same), terms.end());
}

}  // namespace

std::vector<Term> terms_of(const Value& value, FieldType declared) {
    std::vector<Term> terms;
    append_all(terms, value, declared, 0);
    if (value.get_if<Array>() != nullptr) remove_duplicates(terms);
    return terms;
}

ClassSet primary_classes(const std::vector<Term>& terms) {
    ClassSet classes = 0;
    for (const Term& term : terms)
        if (term.primary) classes |= only_class(class_of(term.bytes));
    return classes;
}

}  // namespace asterope::query

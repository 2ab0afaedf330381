#include "query/path_form.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "engine/core/limits.h"
#include "query/lexer.h"
#include "query/parser.h"
#include "query/syntax_error.h"

namespace asterope::query {
namespace {

/// A component taken apart, still encoded: FIELD=V, FIELD@op[=V] or @DIRECTIVE[=ARG].
struct Parts {
    std::string_view whole;
    std::string_view field;              ///< empty for a directive
    std::optional<std::string_view> op;  ///< or the directive
    std::optional<std::string_view> value;

    std::size_t offset_of(std::string_view part) const {
        return static_cast<std::size_t>(part.data() - whole.data());
    }
};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_escape(std::string_view text) {
    return text.size() >= 3 && text[0] == '%' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0;
}

constexpr std::string_view kBadEscape =
    "expected two hexadecimal digits, not 00, after '%' (write %25 for the character itself)";

/// The first '%' of `text` that begins no escape; npos if there is none.
std::size_t bad_escape(std::string_view text) {
    std::size_t at = text.find('%');
    while (at != std::string_view::npos && is_escape(text.substr(at)) && !text.substr(at).starts_with("%00"))
        at = text.find('%', at + 3);
    return at;
}

/// Requires that there is no bad escape.
std::string decode_all(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '%';
        out += escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
        if (escape) i += 2;
    }
    return out;
}

/// A bare field name, of which any character may be an escape.
bool is_encoded_field(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = is_escape(text.substr(i));
        plain += escape ? 'x' : text[i];
        if (escape) i += 2;
    }
    return has_bare_form(plain);
}

bool is_plain_value(std::string_view value) {
    return !value.starts_with('=') && value.find_first_of(" \t\r\n\v\f'\"()") == std::string_view::npos;
}

/// nullopt: the component is not in the path form.
std::optional<Parts> take_apart(std::string_view component) {
    const std::size_t mark = component.find_first_of("=@");
    if (mark == std::string_view::npos) return std::nullopt;
    Parts out{component, component.substr(0, mark), {}, {}};
    if (component[mark] == '@') {
        const std::string_view rest = component.substr(mark + 1);
        const std::size_t equals = rest.find('=');
        out.op = rest.substr(0, equals);
        if (equals != std::string_view::npos) out.value = rest.substr(equals + 1);
        if (out.op->empty() ||
            !std::all_of(out.op->begin(), out.op->end(), [](char c) { return c >= 'a' && c <= 'z'; }))
            return std::nullopt;
    } else {
        if (mark == 0) return std::nullopt;
        out.value = component.substr(mark + 1);
    }
    if (out.value && !is_plain_value(*out.value)) return std::nullopt;
    if (!out.field.empty() && !is_encoded_field(out.field)) return std::nullopt;
    return out;
}

/// One component in the path form -> a Query with one predicate or one clause.
class PathComponent {
  public:
    explicit PathComponent(const Parts& parts) : parts_(parts) {}

    Result<Query> parse() const {
        if (parts_.field.empty()) return directive();
        return Query{.predicate = ASTEROPE_TRY(predicate())};
    }

  private:
    Unexpected error(std::string_view at, std::string_view what) const {
        return syntax_error(parts_.whole, parts_.offset_of(at), what);
    }
    Result<std::string> decode(std::string_view part) const {
        const std::size_t bad = bad_escape(part);
        if (bad != std::string_view::npos) return error(part.substr(bad), kBadEscape);
        return decode_all(part);
    }
    Result<std::string_view> value() const {
        if (parts_.value) return *parts_.value;
        return syntax_error(parts_.whole, parts_.whole.size(),
                            "expected '=' and a value after '@" + std::string(*parts_.op) + "'");
    }

    Result<Predicate> predicate() const {
        std::string field = ASTEROPE_TRY(decode(parts_.field));
        const std::string_view op = parts_.op.value_or("eq");
        if (op == "has" || op == "lacks") {
            if (parts_.value)
                return error(*parts_.value, "expected nothing after '@" + std::string(op) + "'");
            return Predicate{Presence{std::move(field), op == "has"}};
        }
        const std::string_view encoded = ASTEROPE_TRY(value());
        if (op == "in") return list(field, encoded);
        std::string decoded = ASTEROPE_TRY(decode(encoded));
        using Named = std::pair<std::string_view, CompareOp>;
        for (const auto& [name, compare] :
             {Named{"eq", CompareOp::eq}, Named{"ne", CompareOp::ne}, Named{"lt", CompareOp::lt},
              Named{"le", CompareOp::le}, Named{"gt", CompareOp::gt}, Named{"ge", CompareOp::ge}})
            if (op == name) return Predicate{Comparison{std::move(field), compare, Literal::bare(decoded)}};
        using NamedText = std::pair<std::string_view, TextOp>;
        for (const auto& [name, match] :
             {NamedText{"prefix", TextOp::starts_with}, NamedText{"suffix", TextOp::ends_with},
              NamedText{"contains", TextOp::contains}, NamedText{"like", TextOp::like}})
            if (op == name) return Predicate{TextMatch{std::move(field), match, std::move(decoded), false}};
        return error(op,
                     "expected one of eq ne lt le gt ge in prefix suffix contains like has lacks after '@'");
    }

    Result<Literal> literal(std::string_view part) const { return Literal::bare(ASTEROPE_TRY(decode(part))); }

    /// Values and ranges, of which any may match.
    Result<Predicate> list(const std::string& field, std::string_view items) const {
        Membership values{field, {}, false};
        std::vector<Predicate> any;
        for (std::size_t begin = 0; begin <= items.size();) {
            const std::size_t end = std::min(items.find(',', begin), items.size());
            const std::string_view item = items.substr(begin, end - begin);
            begin = end + 1;
            if (item.find("..") == std::string_view::npos)
                values.values.push_back(ASTEROPE_TRY(literal(item)));
            else
                any.push_back(ASTEROPE_TRY(range(field, item)));
        }
        if (!values.values.empty()) any.insert(any.begin(), Predicate{std::move(values)});
        return or_of(std::move(any));
    }

    Result<Predicate> range(const std::string& field, std::string_view item) const {
        const std::size_t dots = item.find("..");
        const std::string_view low = item.substr(0, dots), high = item.substr(dots + 2);
        if (low.empty() && high.empty()) return error(item, "expected a value on at least one side of '..'");
        if (high.empty()) return Predicate{Comparison{field, CompareOp::ge, ASTEROPE_TRY(literal(low))}};
        if (low.empty()) return Predicate{Comparison{field, CompareOp::le, ASTEROPE_TRY(literal(high))}};
        return Predicate{Between{field, ASTEROPE_TRY(literal(low)), ASTEROPE_TRY(literal(high))}};
    }

    Result<Query> directive() const {
        const std::string_view name = *parts_.op;
        const bool is_offset = name == "offset";
        if (name == "sort" || name == "limit" || is_offset) {
            const std::string_view argument = ASTEROPE_TRY(value());
            Query query;
            if (name == "sort")
                query.order = ASTEROPE_TRY(sort_keys(argument));
            else
                (is_offset ? query.offset : query.limit) = ASTEROPE_TRY(whole_number(argument));
            return query;
        }
        if (name == "facet" || name == "tree" || name == "names")
            return fail(Errc::unsupported, "query: '@" + std::string(name) + "' is not supported yet");
        return error(parts_.whole, "expected one of @sort @limit @offset");
    }

    Result<std::vector<OrderKey>> sort_keys(std::string_view items) const {
        std::vector<OrderKey> keys;
        for (std::size_t begin = 0; begin <= items.size();) {
            const std::size_t end = std::min(items.find(',', begin), items.size());
            std::string_view item = items.substr(begin, end - begin);
            begin = end + 1;
            const bool descending = item.starts_with('-');
            if (descending) item.remove_prefix(1);
            if (!is_encoded_field(item))
                return error(item, "expected a field, with '-' before it for descending order");
            keys.push_back({ASTEROPE_TRY(decode(item)), descending});
        }
        return keys;
    }

    Result<std::uint64_t> whole_number(std::string_view digits) const {
        std::uint64_t number = 0;
        const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (failure != std::errc{} || end != digits.data() + digits.size())
            return error(digits, "expected a whole number");
        return number;
    }

    const Parts& parts_;
};

Result<Query> parse_decoded(std::string_view expression, PathLevel level) {
    const bool enclosed = expression.starts_with('(');
    if (level == PathLevel::deeper) return parse_parenthesised(expression);
    if (enclosed)
        if (auto query = parse_parenthesised(expression)) return query;
    return parse_expression(expression);
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
    const std::size_t bad = bad_escape(text);
    if (bad != std::string_view::npos) return syntax_error(text, bad, kBadEscape);
    return decode_all(text);
}

Result<std::optional<Query>> parse_path_component(std::string_view component, PathLevel level) {
    if (const auto parts = take_apart(component)) return ASTEROPE_TRY(PathComponent(*parts).parse());
    if (level == PathLevel::deeper && !component.starts_with('(')) {
        if (component.find_first_of("=@") == std::string_view::npos) return std::nullopt;
        return syntax_error(component, 0,
                            "expected FIELD=VALUE, FIELD@operator=VALUE or an expression in parentheses");
    }
    const std::string expression = ASTEROPE_TRY(percent_decode(component));
    return ASTEROPE_TRY(parse_decoded(expression, level));
}

}  // namespace asterope::query

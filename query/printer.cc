#include "query/printer.h"

#include <string_view>

#include "query/lexer.h"

namespace asterope::query {
namespace {

std::string quote(std::string_view text, char mark) {
    std::string out(1, mark);
    for (const char c : text) {
        out += c;
        if (c == mark) out += mark;
    }
    return out + mark;
}

std::string print_field(std::string_view name) {
    return is_bare_field(name) ? std::string(name) : quote(name, '"');
}
std::string print_literal(const Literal& literal) {
    return literal.text_only ? quote(literal.text, '\'') : literal.text;
}

std::string_view spelling(CompareOp op) {
    switch (op) {
        case CompareOp::eq:
            return " = ";
        case CompareOp::ne:
            return " != ";
        case CompareOp::lt:
            return " < ";
        case CompareOp::le:
            return " <= ";
        case CompareOp::gt:
            return " > ";
        case CompareOp::ge:
            return " >= ";
    }
    return " = ";
}

std::string_view spelling(TextOp op) {
    switch (op) {
        case TextOp::like:
            return "like ";
        case TextOp::starts_with:
            return "starts with ";
        case TextOp::ends_with:
            return "ends with ";
        case TextOp::contains:
            return "contains ";
    }
    return "like ";
}

std::string print(const Predicate& predicate);

std::string print_operand(const Predicate& operand, bool parentheses) {
    return parentheses ? "(" + print(operand) + ")" : print(operand);
}

std::string print_values(const std::vector<Literal>& values) {
    std::string out;
    for (const Literal& value : values) out.append(out.empty() ? "" : ", ").append(print_literal(value));
    return out;
}

std::string print(const Predicate& predicate) {
    return std::visit(
        Overload{[](const Comparison& c) {
                     return print_field(c.field).append(spelling(c.op)) + print_literal(c.value);
                 },
                 [](const Membership& m) {
                     return print_field(m.field) + (m.negated ? " not in (" : " in (") +
                            print_values(m.values) + ")";
                 },
                 [](const Between& b) {
                     return print_field(b.field) + " between " + print_literal(b.low) + " and " +
                            print_literal(b.high);
                 },
                 [](const TextMatch& t) {
                     return (print_field(t.field) + (t.negated ? " not " : " ")).append(spelling(t.op)) +
                            quote(t.pattern, '\'');
                 },
                 [](const Presence& p) {
                     return (p.present ? "exists(" : "missing(") + print_field(p.field) + ")";
                 },
                 [](const Truth& t) { return print_field(t.field); },
                 [](const Not& n) {
                     const bool joined = std::holds_alternative<And>(n.operand->node) ||
                                         std::holds_alternative<Or>(n.operand->node);
                     return "not " + print_operand(*n.operand, joined);
                 },
                 [](const And& a) {
                     std::string out;
                     for (const Predicate& operand : a.operands)
                         out.append(out.empty() ? "" : " and ")
                             .append(print_operand(operand, std::holds_alternative<Or>(operand.node)));
                     return out;
                 },
                 [](const Or& o) {
                     std::string out;
                     for (const Predicate& operand : o.operands)
                         out.append(out.empty() ? "" : " or ").append(print(operand));
                     return out;
                 }},
        predicate.node);
}

void append_clause(std::string& out, const std::string& clause) {
    out.append(out.empty() ? "" : " ").append(clause);
}

}  // namespace

std::string to_string(const Predicate& predicate) {
    return print(predicate);
}

std::string to_string(const Query& query) {
    std::string out = query.predicate ? print(*query.predicate) : "";
    if (!query.order.empty()) {
        std::string keys;
        for (const OrderKey& key : query.order)
            keys.append(keys.empty() ? "" : ", ")
                .append(print_field(key.field))
                .append(key.descending ? " desc" : "");
        append_clause(out, "order by " + keys);
    }
    if (query.limit) append_clause(out, "limit " + std::to_string(*query.limit));
    if (query.offset) append_clause(out, "offset " + std::to_string(*query.offset));
    return out;
}

}  // namespace asterope::query

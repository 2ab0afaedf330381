#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a query says, whichever way it came in: an expression, a path, the C++ builder.
/// A plain value: no storage, no types of fields, no instant. Meaning: query/LANGUAGE.md.
namespace asterope::query {

/// A value to compare with.
/// Shape: made by quoted() or bare(), so that equal literals are equal values and print(parse(x)) is stable.
struct Literal {
    std::string text;
    bool text_only =
        true;  ///< false: `text` also reads as a number, a date, true, false or null (query/literal.h)

    static Literal quoted(std::string_view text);
    /// As the unquoted word `spelling`. A spelling with no other reading than text is the same as the quoted
    /// text.
    static Literal bare(std::string_view spelling);
    bool operator==(const Literal&) const = default;
};

enum class CompareOp : std::uint8_t { eq, ne, lt, le, gt, ge };
struct Comparison {
    std::string field;
    CompareOp op = CompareOp::eq;
    Literal value;
    bool operator==(const Comparison&) const = default;
};
/// `field in (…)`; negated: present and none of them.
struct Membership {
    std::string field;
    std::vector<Literal> values;
    bool negated = false;
    bool operator==(const Membership&) const = default;
};
struct Between {
    std::string field;
    Literal low, high;
    bool operator==(const Between&) const = default;
};
enum class TextOp : std::uint8_t { like, starts_with, ends_with, contains };
/// A test of the text reading; negated: present and no element passes.
struct TextMatch {
    std::string field;
    TextOp op = TextOp::like;
    std::string pattern;
    bool negated = false;
    bool operator==(const TextMatch&) const = default;
};
/// exists(field), missing(field).
struct Presence {
    std::string field;
    bool present = true;
    bool operator==(const Presence&) const = default;
};
/// A field alone: true, or present and not false, 0 or empty.
struct Truth {
    std::string field;
    bool operator==(const Truth&) const = default;
};

struct Predicate;
struct Not {
    std::shared_ptr<const Predicate> operand;
    bool operator==(const Not& other) const;
};
struct And {
    std::vector<Predicate> operands;
    bool operator==(const And& other) const;
};
struct Or {
    std::vector<Predicate> operands;
    bool operator==(const Or& other) const;
};

struct Predicate {
    std::variant<Comparison, Membership, Between, TextMatch, Presence, Truth, Not, And, Or> node;
    bool operator==(const Predicate&) const = default;
};

/// All of `operands`, of which there is at least one. An And among them is merged in; one alone is itself.
Predicate and_of(std::vector<Predicate> operands);
Predicate or_of(std::vector<Predicate> operands);
Predicate not_of(Predicate operand);

struct OrderKey {
    std::string field;
    bool descending = false;
    bool operator==(const OrderKey&) const = default;
};

struct Query {
    std::optional<Predicate> predicate{};  ///< nullopt: every file
    std::vector<OrderKey> order{};         ///< empty: key order
    std::optional<std::uint64_t> limit{};
    std::optional<std::uint64_t> offset{};
    bool operator==(const Query&) const = default;
};

/// `inner` within the results of `outer`, as one level below in a path: both predicates hold; clauses of
/// `inner` replace those of `outer`.
Query combine(const Query& outer, const Query& inner);

/// Visits a variant with one lambda for each alternative.
template <class... F>
struct Overload : F... {
    using F::operator()...;
};

}  // namespace asterope::query

#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/timestamp.h"
#include "query/ast.h"

/// Queries written in C++: (field("Modality") == "CT" && field("dose") > 50.0) || missing("reviewed").
/// The same trees as the parser makes. C++ text is quoted text; numbers, bools and nullptr are the bare
/// literals of their spelling.
namespace asterope::query {

Literal literal_of(std::string_view text);
Literal literal_of(std::same_as<bool> auto b) {
    return Literal::bare(b ? "true" : "false");
}
Literal literal_of(std::integral auto number) requires(!std::same_as<decltype(number), bool>) {
    return Literal::bare(std::to_string(number));
}
Literal literal_of(double number);
/// This instant, to the nanosecond. Outside the years 0001 to 9999: their first or last second.
Literal literal_of(Timestamp time);
Literal literal_of(std::nullptr_t);

enum class SortDirection : std::uint8_t { ascending, descending };
inline constexpr SortDirection ascending = SortDirection::ascending;
inline constexpr SortDirection descending = SortDirection::descending;

/// A predicate with clauses. Clauses given again replace the earlier ones; sort keys add up.
class Selection {
  public:
    Selection() = default;
    explicit Selection(Predicate predicate) { query_.predicate = std::move(predicate); }

    Selection order_by(std::string_view field, SortDirection direction = ascending) && {
        query_.order.push_back({std::string(field), direction == descending});
        return std::move(*this);
    }
    Selection limit(std::uint64_t rows) && {
        query_.limit = rows;
        return std::move(*this);
    }
    Selection offset(std::uint64_t rows) && {
        query_.offset = rows;
        return std::move(*this);
    }
    Selection order_by(std::string_view field, SortDirection direction = ascending) const& {
        return Selection(*this).order_by(field, direction);
    }
    Selection limit(std::uint64_t rows) const& { return Selection(*this).limit(rows); }
    Selection offset(std::uint64_t rows) const& { return Selection(*this).offset(rows); }

    const Query& query() const { return query_; }
    operator const Query&() const& { return query_; }
    operator Query() && { return std::move(query_); }

  private:
    Query query_;
};

/// A predicate.
class Condition {
  public:
    Condition(Predicate predicate) : predicate_(std::move(predicate)) {}

    Condition operator!() const { return not_of(predicate_); }

    Selection order_by(std::string_view field, SortDirection direction = ascending) const {
        return Selection(predicate_).order_by(field, direction);
    }
    Selection limit(std::uint64_t rows) const { return Selection(predicate_).limit(rows); }
    Selection offset(std::uint64_t rows) const { return Selection(predicate_).offset(rows); }

    const Predicate& predicate() const { return predicate_; }
    operator Query() const { return Selection(predicate_).query(); }

  private:
    Predicate predicate_;
};

inline Condition operator&&(const Condition& a, const Condition& b) {
    return and_of({a.predicate(), b.predicate()});
}
inline Condition operator||(const Condition& a, const Condition& b) {
    return or_of({a.predicate(), b.predicate()});
}

/// A field to compare. By itself it is the condition that it is true, or present and not false, 0 or empty.
class Field {
  public:
    explicit Field(std::string_view name) : name_(name) {}
    operator Condition() const { return Predicate{Truth{name_}}; }
    Condition operator!() const { return not_of(Predicate{Truth{name_}}); }

    template <class T>
    Condition operator==(const T& value) const {
        return compare(CompareOp::eq, value);
    }
    template <class T>
    Condition operator!=(const T& value) const {
        return compare(CompareOp::ne, value);
    }
    template <class T>
    Condition operator<(const T& value) const {
        return compare(CompareOp::lt, value);
    }
    template <class T>
    Condition operator<=(const T& value) const {
        return compare(CompareOp::le, value);
    }
    template <class T>
    Condition operator>(const T& value) const {
        return compare(CompareOp::gt, value);
    }
    template <class T>
    Condition operator>=(const T& value) const {
        return compare(CompareOp::ge, value);
    }

    /// Requires at least one value.
    template <class T>
    Condition in(std::initializer_list<T> values) const {
        return member(values, false);
    }
    template <class T>
    Condition not_in(std::initializer_list<T> values) const {
        return member(values, true);
    }
    template <class Low, class High>
    Condition between(const Low& low, const High& high) const {
        return Predicate{Between{name_, literal_of(low), literal_of(high)}};
    }
    Condition like(std::string_view pattern) const { return match(TextOp::like, pattern); }
    Condition starts_with(std::string_view text) const { return match(TextOp::starts_with, text); }
    Condition ends_with(std::string_view text) const { return match(TextOp::ends_with, text); }
    Condition contains(std::string_view text) const { return match(TextOp::contains, text); }

  private:
    template <class T>
    Condition compare(CompareOp op, const T& value) const {
        return Predicate{Comparison{name_, op, literal_of(value)}};
    }
    template <class T>
    Condition member(std::initializer_list<T> values, bool negated) const {
        Membership out{name_, {}, negated};
        for (const T& value : values) out.values.push_back(literal_of(value));
        return Predicate{std::move(out)};
    }
    Condition match(TextOp op, std::string_view pattern) const {
        return Predicate{TextMatch{name_, op, std::string(pattern), false}};
    }

    std::string name_;
};

inline Field field(std::string_view name) {
    return Field(name);
}
inline Condition exists(std::string_view field) {
    return Predicate{Presence{std::string(field), true}};
}
inline Condition missing(std::string_view field) {
    return Predicate{Presence{std::string(field), false}};
}
/// Every file.
inline Selection everything() {
    return {};
}

}  // namespace asterope::query

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/core/result.h"
#include "engine/core/timestamp.h"
#include "query/ast.h"
#include "query/built_in.h"
#include "query/encoding.h"
#include "query/index_source.h"
#include "query/text_test.h"

/// A predicate bound to one state and one instant: fields have their ids and types, literals are intervals of
/// terms. Documents and indexes answer it in the same words, so that both give the same results.
namespace asterope::query {

struct BoundField {
    std::string name;
    std::optional<BuiltIn> built_in{};
    std::optional<FieldId> id{};  ///< nullopt: built in, or no file has ever had it
    FieldType declared = FieldType::undeclared;
    ClassSet primary_classes = kAllClasses;  ///< as FieldInfo's
};

/// Holds if any term of the field lies in any of `intervals` (and passes `text`). Missing fields have no
/// terms.
struct Leaf {
    BoundField field;
    std::vector<TermInterval> intervals;  ///< disjoint, ascending
    bool primary_only = false;            ///< other readings than the first of each value do not count
    std::optional<TextTest> text{};       ///< the intervals are of text then
    std::string label{};                  ///< the leaf as an expression, for plans

    bool holds(const std::vector<Term>& terms) const;
    /// Every term of the field is in it.
    bool whole_field() const {
        return intervals.size() == 1 && intervals[0] == TermInterval{} && !primary_only && !text;
    }
};

struct Bound;
struct BoundNot {
    std::unique_ptr<Bound> operand;
};
struct BoundAnd {
    std::vector<Bound> operands;
};
struct BoundOr {
    std::vector<Bound> operands;
};
struct Bound {
    std::variant<Leaf, BoundNot, BoundAnd, BoundOr> node;
};

struct BoundOrder {
    BoundField field;
    bool descending = false;
};

/// Errors: limit (nested deeper or longer than limits.h) · whatever the source answers
Result<Bound> bind(const Predicate& predicate, IndexSource& source, Timestamp now);
Result<std::vector<BoundOrder>> bind(const std::vector<OrderKey>& order, IndexSource& source);

/// The predicate as an expression, for plans.
std::string label_of(const Bound& predicate);

}  // namespace asterope::query

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/value.h"

/// How a value is read by comparisons and indexes. The stored value never changes; these are readings of it.
namespace asterope::query {

/// The types in which values compare, in the order in which they sort. A missing field sorts before all.
enum class TypeClass : std::uint8_t { null = 1, boolean, number, timestamp, text, binary };

inline constexpr std::array kTypeClasses{TypeClass::null,      TypeClass::boolean, TypeClass::number,
                                         TypeClass::timestamp, TypeClass::text,    TypeClass::binary};

/// A set of TypeClasses, one bit each.
using ClassSet = std::uint8_t;
constexpr ClassSet only_class(TypeClass type) {
    return static_cast<ClassSet>(1U << static_cast<unsigned>(type));
}
constexpr ClassSet kAllClasses = 0xFF;

/// What `asterope field set NAME TYPE` declares. `date` also reads 20240101 and "20240101" as a day.
enum class FieldType : std::uint8_t { undeclared, text, number, date, boolean };

/// One reading of a scalar in index form.
/// Shape: `bytes` is the class byte followed by an encoding whose byte order is the order of the values and
/// of
///        which no encoding is a prefix of another. The first term of a scalar's list is its primary one: the
///        reading that sorts it.
struct Term {
    std::string bytes;
    bool primary = true;
};

/// All readings of `value` in a field declared `declared`: of every element for an array (an empty array has
/// none). Text that is a JSON number is a number and a text; ISO 8601 text is a timestamp and a text.
/// Duplicates are removed.
std::vector<Term> terms_of(const Value& value, FieldType declared);

/// The classes of the primary terms among `terms`.
ClassSet primary_classes(const std::vector<Term>& terms);

}  // namespace asterope::query

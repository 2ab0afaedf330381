#pragma once

#include <string>
#include <string_view>

#include "engine/core/timestamp.h"
#include "engine/core/value.h"
#include "query/typing.h"

/// The bytes of terms: the class byte, then a value whose byte order is the order of the values. No term is a
/// prefix of another.
///
///     term      = class value
///     null      = 1
///     boolean   = 2 (0 | 1)
///     number    = 3 floor8 residual2     floor8: the greatest double <= the number, as 8 bytes that sort:
///     all bits flipped
///                                        if negative, else the sign bit set. residual2: the number minus
///                                        that double, which is 0 for doubles and below 2048 for 64-bit
///                                        integers. -0 is 0. NaN is ten bytes FF.
///     timestamp = 4 seconds8 ns4         seconds with the sign bit flipped; all integers big-endian
///     text      = 5 escaped 00 00        escaped: each byte 00 becomes 00 FF
///     binary    = 6 escaped 00 00
///
/// Example: 2^53 + 1 is 03 C3 40 00 00 00 00 00 00 00 01; the text "a" is 05 61 00 00.
namespace asterope::query {

std::string encode_null();
std::string encode_boolean(bool b);
/// Requires an int64_t, uint64_t or double.
std::string encode_number(const Value& number);
std::string encode_timestamp(Timestamp t);
std::string encode_text(std::string_view text);
std::string encode_binary(std::string_view bytes);

/// The text of an encode_text() term. Requires the text class.
std::string decode_text(std::string_view term);
inline TypeClass class_of(std::string_view term) {
    return static_cast<TypeClass>(term.front());
}

/// The least byte string above `term` and all that begins with it: the end of an interval that includes the
/// term. Since no term is a prefix of another, it is also the begin of an interval that excludes it, and
/// bounds keys that are a term with a suffix.
std::string after(std::string term);
/// Whether `bytes` can be a term: not a mere class byte, text prefix or bound.
bool is_whole_term(std::string_view bytes);

/// Terms [begin, end).
struct TermInterval {
    std::string begin;
    std::string end;  ///< empty = no end
    bool contains(std::string_view term) const { return term >= begin && (end.empty() || term < end); }
    /// Is only(term) of a term.
    bool single() const { return is_whole_term(begin) && end == after(begin); }
    bool operator==(const TermInterval&) const = default;
};

inline TermInterval only(const std::string& term) {
    return {term, after(term)};
}
/// Every term of one class.
TermInterval whole_class(TypeClass type);
/// Every number but NaN, from -inf to inf.
TermInterval whole_numbers();
/// Every text that starts with `prefix`.
TermInterval text_prefix(std::string_view prefix);

}  // namespace asterope::query

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/timestamp.h"

namespace asterope {

struct Null {
    auto operator<=>(const Null&) const = default;
};
struct Binary {
    std::string bytes;
    auto operator<=>(const Binary&) const = default;
};
class Value;
using Array = std::vector<Value>;

/// One metadata value: null, bool, integer, float, text (any bytes that were given as text, normally UTF-8), timestamp,
/// binary, or an array of scalars. Integers above INT64_MAX are held as uint64_t, all others as int64_t, so that
/// equal numbers have one representation.
class Value {
  public:
    using Storage = std::variant<Null, bool, std::int64_t, std::uint64_t, double, std::string, Timestamp, Binary, Array>;

    Value() = default;
    Value(Null) {}
    Value(bool b) : storage_(b) {}
    Value(int i) : storage_(std::int64_t{i}) {}
    Value(long i) : storage_(std::int64_t{i}) {}
    Value(long long i) : storage_(static_cast<std::int64_t>(i)) {}
    Value(unsigned i) : storage_(static_cast<std::int64_t>(i)) {}
    Value(unsigned long u) { set_unsigned(u); }
    Value(unsigned long long u) { set_unsigned(u); }
    Value(double d) : storage_(d) {}
    Value(const char* text) : storage_(std::string(text)) {}
    Value(std::string text) : storage_(std::move(text)) {}
    Value(std::string_view text) : storage_(std::string(text)) {}
    Value(Timestamp t) : storage_(t) {}
    Value(Binary b) : storage_(std::move(b)) {}
    Value(Array a) : storage_(std::move(a)) {}

    const Storage& storage() const { return storage_; }
    template <class T>
    const T* get_if() const { return std::get_if<T>(&storage_); }
    bool is_null() const { return std::holds_alternative<Null>(storage_); }

    /// The same type and the same value; a double equals only a double. (Queries compare otherwise: query/compare.h.)
    bool operator==(const Value& other) const { return storage_ == other.storage_; }

  private:
    void set_unsigned(std::uint64_t u);
    Storage storage_;
};

/// The bytes that getfattr shows for `value`: text and binary as they are, shortest round-trip numbers, RFC 3339,
/// true/false/null, arrays as JSON text.
std::string to_xattr_bytes(const Value& value);
/// The value for bytes that setfattr wrote: text if they are valid UTF-8 without NUL, else binary. Exact inverse of the above for both.
Value from_xattr_bytes(std::string_view bytes);
/// True for well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);

/// The number that `text` spells in JSON's grammar (no white space), else nullopt. int64_t, uint64_t or double.
std::optional<Value> parse_json_number(std::string_view text);
/// Shortest text that parses back to the same double; inf, -inf, nan for those.
std::string to_text(double number);

}  // namespace asterope

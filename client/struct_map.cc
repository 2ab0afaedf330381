#include "client/struct_map.h"

#include <cmath>
#include <optional>

#include "engine/serialization/msgpack.h"

namespace asterope {
namespace {

using Kind = Shape::Kind;
using Packer = msgpack::packer<StructBytes>;

Result<Value> misfit(const char* wanted) {
    return fail(Errc::invalid, std::string("is not ") + wanted);
}

/// `number` as an integer, where it is whole and one of 64 bits.
std::optional<Value> as_integer(double number) {
    if (number != std::floor(number)) return std::nullopt;
    if (number >= -0x1p63 && number < 0x1p63) return Value(static_cast<long>(number));
    if (number >= 0 && number < 0x1p64) return Value(static_cast<unsigned long>(number));
    return std::nullopt;
}

Result<Value> as_number(Kind kind, const Value& value) {
    const auto* const text = value.get_if<std::string>();
    const auto number = text != nullptr ? parse_json_number(*text) : std::optional(value);
    if (!number) return misfit("a number");
    if (const auto* const real = number->get_if<double>()) {
        if (kind == Kind::real) return *number;
        const auto whole = as_integer(*real);
        return whole ? Result<Value>(*whole) : misfit("a whole number");
    }
    const bool is_integer = number->get_if<std::int64_t>() != nullptr || number->get_if<std::uint64_t>() != nullptr;
    return is_integer ? Result<Value>(*number) : misfit("a number");
}

Result<Value> as_boolean(const Value& value) {
    const auto* const text = value.get_if<std::string>();
    if (text != nullptr && (*text == "true" || *text == "false")) return Value(*text == "true");
    return value.get_if<bool>() != nullptr ? Result<Value>(value) : misfit("true or false");
}

Result<Value> as_time(const Value& value) {
    const auto* const text = value.get_if<std::string>();
    if (text == nullptr) return value.get_if<Timestamp>() != nullptr ? Result<Value>(value) : misfit("a time");
    const auto interval = parse_time_interval(*text);
    return interval ? Result<Value>(interval->begin) : misfit("a time");
}

Result<Value> read_as(const Shape& shape, const Value& value);

/// One value is a list of one.
Result<Value> as_list(const Shape& element, const Value& value) {
    const auto* const array = value.get_if<Array>();
    Array list;
    for (const Value& one : array != nullptr ? *array : Array{value}) list.push_back(ASTEROPE_TRY(read_as(element, one)));
    return Value(std::move(list));
}

/// `value` as what the member is, where it has that reading. Errors: invalid, without the field's name
Result<Value> read_as(const Shape& shape, const Value& value) {
    const bool is_list = value.get_if<Array>() != nullptr;
    switch (shape.kind) {
        case Kind::any: return value;
        case Kind::text: return is_list ? misfit("text") : Result<Value>(Value(to_xattr_bytes(value)));
        case Kind::bytes: return is_list ? misfit("bytes") : Result<Value>(Value(Binary{to_xattr_bytes(value)}));
        case Kind::integer:
        case Kind::real: return as_number(shape.kind, value);
        case Kind::boolean: return as_boolean(value);
        case Kind::time: return as_time(value);
        case Kind::list: return as_list(shape.element.front(), value);
        case Kind::map:
        case Kind::members: return misfit("a group of fields");
    }
    return value;
}

void pack_value(Packer& packer, const Value& value);

struct PackScalar {
    Packer& packer;
    void operator()(Null) const { packer.pack_nil(); }
    void operator()(bool b) const { packer.pack(b); }
    void operator()(std::int64_t i) const { packer.pack_int64(i); }
    void operator()(std::uint64_t u) const { packer.pack_uint64(u); }
    void operator()(double d) const { packer.pack_double(d); }
    void operator()(const std::string& text) const { packer.pack(text); }
    void operator()(Timestamp t) const { packer.pack(t); }
    void operator()(const Binary& binary) const {
        packer.pack_bin(static_cast<std::uint32_t>(binary.bytes.size()));
        packer.pack_bin_body(binary.bytes.data(), static_cast<std::uint32_t>(binary.bytes.size()));
    }
    void operator()(const Array& array) const {
        packer.pack_array(static_cast<std::uint32_t>(array.size()));
        for (const Value& element : array) pack_value(packer, element);
    }
};

void pack_value(Packer& packer, const Value& value) {
    std::visit(PackScalar{packer}, value.storage());
}

/// One level of the result: pairs that are packed one after the other, and their number.
struct Level {
    StructBytes pairs;
    Packer packer{pairs};
    std::uint32_t count = 0;
};

/// Field `field` under the name `name`. Null is no value.
Status add_value(Level& level, const Shape& shape, const std::string& field, const std::string& name, const Value& value) {
    if (value.is_null()) return {};
    const auto fitting = read_as(shape, value);
    if (!fitting) return fail(Errc::invalid, "field '" + field + "' " + fitting.error().message);
    level.packer.pack(name);
    pack_value(level.packer, *fitting);
    ++level.count;
    return {};
}

/// A map without entries is as good as none: an optional stays empty.
void add_level(Level& level, const std::string& name, const Level& inner) {
    if (inner.count == 0) return;
    level.packer.pack(name);
    level.packer.pack_map(inner.count);
    level.pairs.bytes += inner.pairs.bytes;
    ++level.count;
}

/// Every field below `prefix`, by the rest of its name.
Status add_all(Level& level, const Shape& element, const Document& document, const std::string& prefix) {
    for (const auto& [name, value] : document) {
        if (name.starts_with(prefix))
            ASTEROPE_TRY_STATUS(add_value(level, element, name, name.substr(prefix.size()), value));
    }
    return {};
}

Status add_members(Level& level, const Shape& shape, const Document& document, const std::string& prefix) {
    for (const auto& [name, member] : shape.members) {
        Level inner;
        if (member.kind == Kind::map)
            ASTEROPE_TRY_STATUS(add_all(inner, member.element.front(), document, prefix + name + "."));
        if (member.kind == Kind::members)
            ASTEROPE_TRY_STATUS(add_members(inner, member, document, prefix + name + "."));
        add_level(level, name, inner);
        const Value* const value = document.find(prefix + name);
        if (inner.count == 0 && value != nullptr)
            ASTEROPE_TRY_STATUS(add_value(level, member, prefix + name, name, *value));
    }
    return {};
}

}  // namespace

Result<std::string> packed_like(const Shape& shape, const Document& document) {
    Level top;
    ASTEROPE_TRY_STATUS(add_members(top, shape, document, ""));
    StructBytes packed;
    Packer(packed).pack_map(top.count);
    return packed.bytes + top.pairs.bytes;
}

Result<Document> document_of_struct(std::string_view packed) {
    auto document = document_from_msgpack(packed);
    if (!document) return fail(Errc::invalid, "the struct is no document: " + document.error().text());
    Document fields;
    for (const auto& [name, value] : *document) {
        if (!value.is_null()) fields.set(name, value);
    }
    return fields;
}

namespace detail {

void pack_time(char (&body)[kPackedTimeBytes], Timestamp t) {
    for (std::size_t i = 0; i < 4; ++i) body[i] = static_cast<char>(t.nanoseconds >> (24 - 8 * i));
    for (std::size_t i = 0; i < 8; ++i)
        body[4 + i] = static_cast<char>(static_cast<std::uint64_t>(t.seconds) >> (56 - 8 * i));
}

bool unpack_time(const char* body, std::size_t size, Timestamp& t) {
    if (size != kPackedTimeBytes) return false;
    std::uint64_t seconds = 0;
    t.nanoseconds = 0;
    for (std::size_t i = 0; i < 4; ++i) t.nanoseconds = t.nanoseconds << 8 | static_cast<unsigned char>(body[i]);
    for (std::size_t i = 4; i < size; ++i) seconds = seconds << 8 | static_cast<unsigned char>(body[i]);
    t.seconds = static_cast<std::int64_t>(seconds);
    return t.nanoseconds < 1'000'000'000;
}

}  // namespace detail
}  // namespace asterope

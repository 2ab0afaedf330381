#include "client/struct_map.h"

#include "engine/core/limits.h"
#include "engine/serialization/msgpack.h"

namespace asterope {
namespace {

using Packer = msgpack::packer<msgpack::sbuffer>;

std::string as_text(const Value& value) {
    return to_xattr_bytes(value);
}

/// `value` as the type of `like`, where it has that reading. Errors: invalid
Result<Value> read_as(const msgpack::object& like, const Value& value) {
    const auto* const text = value.get_if<std::string>();
    const auto misfit = [&](const char* wanted) { return fail(Errc::invalid, std::string("is not ") + wanted); };
    switch (like.type) {
        case msgpack::type::STR:
            return value.get_if<Array>() != nullptr ? misfit("text") : Result<Value>(Value(as_text(value)));
        case msgpack::type::BIN:
            return value.get_if<Array>() != nullptr ? misfit("bytes") : Result<Value>(Value(Binary{as_text(value)}));
        case msgpack::type::POSITIVE_INTEGER:
        case msgpack::type::NEGATIVE_INTEGER:
        case msgpack::type::FLOAT32:
        case msgpack::type::FLOAT64: {
            if (text == nullptr) return value;  // whether a number is one of the member's type shows when it is converted
            const auto number = parse_json_number(*text);
            return number ? Result<Value>(*number) : misfit("a number");
        }
        case msgpack::type::BOOLEAN:
            if (text == nullptr) return value;
            if (*text == "true" || *text == "false") return Value(*text == "true");
            return misfit("true or false");
        case msgpack::type::EXT: {
            if (text == nullptr) return value;
            const auto interval = parse_time_interval(*text);
            return interval ? Result<Value>(interval->begin) : misfit("a time");
        }
        case msgpack::type::ARRAY:
            return value.get_if<Array>() != nullptr ? value : Value(Array{value});
        default: return value;
    }
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
    msgpack::sbuffer pairs;
    Packer packer{pairs};
    std::uint32_t count = 0;
};

bool begins_with(std::string_view name, std::string_view prefix) {
    return name.substr(0, prefix.size()) == prefix;
}

/// Every field below `prefix`, by the rest of its name: what a std::map member takes.
void add_all(Level& level, const Document& document, const std::string& prefix) {
    for (const auto& [name, value] : document) {
        if (!begins_with(name, prefix)) continue;
        level.packer.pack(name.substr(prefix.size()));
        pack_value(level.packer, value);
        ++level.count;
    }
}

Status add_members(Level& level, const Document& document, const msgpack::object& like, const std::string& prefix,
                   std::size_t depth) {
    if (depth > limits::kNesting) return fail(Errc::invalid, "the struct is nested too deeply");
    for (std::uint32_t i = 0; i < like.via.map.size; ++i) {
        const msgpack::object_kv& member = like.via.map.ptr[i];
        if (member.key.type != msgpack::type::STR) return fail(Errc::invalid, "a member's name is no text");
        const std::string name(member.key.via.str.ptr, member.key.via.str.size);
        if (member.val.type == msgpack::type::MAP) {
            Level inner;
            if (member.val.via.map.size == 0)
                add_all(inner, document, prefix + name + ".");
            else
                ASTEROPE_TRY_STATUS(add_members(inner, document, member.val, prefix + name + ".", depth + 1));
            level.packer.pack(name);
            level.packer.pack_map(inner.count);
            level.pairs.write(inner.pairs.data(), inner.pairs.size());
            ++level.count;
            continue;
        }
        const Value* const value = document.find(prefix + name);
        if (value == nullptr || value->is_null()) continue;
        const auto fitting = read_as(member.val, *value);
        if (!fitting) return fail(Errc::invalid, "field '" + prefix + name + "' " + fitting.error().message);
        level.packer.pack(name);
        pack_value(level.packer, *fitting);
        ++level.count;
    }
    return {};
}

}  // namespace

Result<std::string> shape_like(const Document& document, std::string_view prototype) {
    msgpack::object_handle handle;
    try {
        handle = msgpack::unpack(prototype.data(), prototype.size());
    } catch (const std::exception&) {
        return fail(Errc::invalid, "the struct does not pack itself as MessagePack");
    }
    if (handle.get().type != msgpack::type::MAP) return fail(Errc::invalid, "the struct is no map: use MSGPACK_DEFINE_MAP");
    Level top;
    ASTEROPE_TRY_STATUS(add_members(top, document, handle.get(), "", 0));
    msgpack::sbuffer head;
    Packer(head).pack_map(top.count);
    return std::string(head.data(), head.size()) + std::string(top.pairs.data(), top.pairs.size());
}

Result<Document> document_of_struct(std::string_view packed) {
    auto document = document_from_msgpack(packed);
    if (!document) return fail(Errc::invalid, "the struct is no document: " + document.error().text());
    return document;
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

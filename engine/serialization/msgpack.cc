#include "engine/serialization/msgpack.h"

#include <bit>

#define MSGPACK_NO_BOOST
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <msgpack.hpp>
#pragma GCC diagnostic pop

#include "engine/core/overload.h"
#include "engine/serialization/flatten.h"

namespace asterope {
namespace {

struct StringSink {
    std::string& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
};
using Packer = msgpack::packer<StringSink>;

constexpr std::int8_t kTimestampType = -1;

void put_big_endian(char* at, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) at[i] = static_cast<char>(number >> (8 * (bytes - 1 - i)));
}
std::uint64_t get_big_endian(const char* at, std::size_t bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes; ++i) number = number << 8 | static_cast<unsigned char>(at[i]);
    return number;
}

/// pack_double writes whole numbers as integers, which would lose the type and the sign of zero.
void pack_float64(StringSink& sink, double number) {
    char bytes[9] = {static_cast<char>(0xcb)};
    put_big_endian(bytes + 1, std::bit_cast<std::uint64_t>(number), 8);
    sink.write(bytes, sizeof bytes);
}

void pack_timestamp(Packer& packer, Timestamp t) {
    char body[12];
    put_big_endian(body, t.nanoseconds, 4);
    put_big_endian(body + 4, static_cast<std::uint64_t>(t.seconds), 8);
    packer.pack_ext(sizeof body, kTimestampType);
    packer.pack_ext_body(body, sizeof body);
}

std::optional<Timestamp> timestamp_of(const char* body, std::size_t size) {
    Timestamp t;
    if (size == 4) {
        t.seconds = static_cast<std::int64_t>(get_big_endian(body, 4));
    } else if (size == 8) {
        const std::uint64_t both = get_big_endian(body, 8);
        t = {static_cast<std::int64_t>(both & 0x3FFFFFFFFu), static_cast<std::uint32_t>(both >> 34)};
    } else if (size == 12) {
        t = {static_cast<std::int64_t>(get_big_endian(body + 4, 8)), static_cast<std::uint32_t>(get_big_endian(body, 4))};
    } else {
        return std::nullopt;
    }
    return t.nanoseconds < 1'000'000'000 ? std::optional(t) : std::nullopt;
}

void pack_value(StringSink& sink, Packer& packer, const Value& value) {
    std::visit(Overload{[&](const Null&) { packer.pack_nil(); },
                        [&](bool b) { b ? packer.pack_true() : packer.pack_false(); },
                        [&](std::int64_t i) { packer.pack_int64(i); },
                        [&](std::uint64_t u) { packer.pack_uint64(u); },
                        [&](double d) { pack_float64(sink, d); },
                        [&](const std::string& text) {
                            packer.pack_str(static_cast<std::uint32_t>(text.size()));
                            packer.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
                        },
                        [&](const Timestamp& t) { pack_timestamp(packer, t); },
                        [&](const Binary& b) {
                            packer.pack_bin(static_cast<std::uint32_t>(b.bytes.size()));
                            packer.pack_bin_body(b.bytes.data(), static_cast<std::uint32_t>(b.bytes.size()));
                        },
                        [&](const Array& array) {
                            packer.pack_array(static_cast<std::uint32_t>(array.size()));
                            for (const Value& element : array) pack_value(sink, packer, element);
                        }},
               value.storage());
}

Result<Value> value_of(const msgpack::object& object, bool in_array) {
    using msgpack::type::object_type;
    switch (object.type) {
        case object_type::NIL: return Value(Null{});
        case object_type::BOOLEAN: return Value(object.via.boolean);
        case object_type::POSITIVE_INTEGER: return Value(static_cast<unsigned long>(object.via.u64));
        case object_type::NEGATIVE_INTEGER: return Value(static_cast<long>(object.via.i64));
        case object_type::FLOAT32:
        case object_type::FLOAT64: return Value(object.via.f64);
        case object_type::STR: return Value(std::string_view(object.via.str.ptr, object.via.str.size));
        case object_type::BIN: return Value(Binary{std::string(object.via.bin.ptr, object.via.bin.size)});
        case object_type::EXT: {
            const auto t = object.via.ext.type() == kTimestampType
                               ? timestamp_of(object.via.ext.data(), object.via.ext.size)
                               : std::nullopt;
            if (!t) return fail(Errc::invalid, "MessagePack extension type that is no timestamp");
            return Value(*t);
        }
        case object_type::ARRAY: break;
        default: return fail(Errc::invalid, "an array may hold only scalars");
    }
    if (in_array) return fail(Errc::invalid, "an array may hold only scalars");
    Array array;
    array.reserve(object.via.array.size);
    for (std::uint32_t i = 0; i < object.via.array.size; ++i)
        array.push_back(ASTEROPE_TRY(value_of(object.via.array.ptr[i], true)));
    return Value(std::move(array));
}

Result<std::string_view> key_of(const msgpack::object_kv& pair) {
    if (pair.key.type != msgpack::type::STR) return fail(Errc::invalid, "a field name must be text");
    return std::string_view(pair.key.via.str.ptr, pair.key.via.str.size);
}

Status add_fields(Document& document, const msgpack::object_map& map, const std::string& prefix) {
    for (std::uint32_t i = 0; i < map.size; ++i) {
        const std::string_view key = ASTEROPE_TRY(key_of(map.ptr[i]));
        const std::string name = ASTEROPE_TRY(join_field_name(prefix, key));
        if (map.ptr[i].val.type == msgpack::type::MAP)
            ASTEROPE_TRY_STATUS(add_fields(document, map.ptr[i].val.via.map, name));
        else
            document.set(name, ASTEROPE_TRY(value_of(map.ptr[i].val, false)));
    }
    return {};
}

bool by_reference(msgpack::type::object_type, std::size_t, void*) { return true; }

/// Unpacks one map and calls `use` with it while `bytes` and the unpacked zone live.
template <class R, class Use>
R with_map(std::string_view bytes, Use&& use) {
    try {
        const msgpack::unpack_limit bound(limits::kDocumentBytes, limits::kDocumentBytes, limits::kDocumentBytes,
                                          limits::kDocumentBytes, limits::kDocumentBytes, limits::kNesting);
        std::size_t offset = 0;
        const msgpack::object_handle handle =
            msgpack::unpack(bytes.data(), bytes.size(), offset, by_reference, nullptr, bound);
        if (offset != bytes.size()) return fail(Errc::parse, "MessagePack: bytes after the document");
        if (handle.get().type != msgpack::type::MAP) return fail(Errc::parse, "MessagePack: expected a map");
        return use(handle.get().via.map);
    } catch (const std::exception& error) {
        return fail(Errc::parse, std::string("MessagePack: ") + error.what());
    }
}

}  // namespace

std::string to_msgpack(const Document& document) {
    std::string out;
    StringSink sink{out};
    Packer packer(sink);
    packer.pack_map(static_cast<std::uint32_t>(document.size()));
    for (const auto& [name, value] : document) {
        packer.pack_str(static_cast<std::uint32_t>(name.size()));
        packer.pack_str_body(name.data(), static_cast<std::uint32_t>(name.size()));
        pack_value(sink, packer, value);
    }
    return out;
}

Result<Document> document_from_msgpack(std::string_view bytes) {
    return with_map<Result<Document>>(bytes, [](const msgpack::object_map& map) -> Result<Document> {
        Document document;
        ASTEROPE_TRY_STATUS(add_fields(document, map, ""));
        return document;
    });
}

Result<std::optional<Value>> field_from_msgpack(std::string_view bytes, std::string_view name) {
    using Found = Result<std::optional<Value>>;
    return with_map<Found>(bytes, [&](const msgpack::object_map& map) -> Found {
        for (std::uint32_t i = 0; i < map.size; ++i)
            if (ASTEROPE_TRY(key_of(map.ptr[i])) == name) return std::optional(ASTEROPE_TRY(value_of(map.ptr[i].val, false)));
        return std::optional<Value>();
    });
}

}  // namespace asterope

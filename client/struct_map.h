#pragma once

#ifndef MSGPACK_NO_BOOST
#define MSGPACK_NO_BOOST
#endif
#include <msgpack.hpp>

#include <bit>
#include <concepts>
#include <cstring>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/core/document.h"
#include "engine/core/result.h"

/// Maps between documents and the user's structs that say MSGPACK_DEFINE_MAP(member, …). This is where msgpack.hpp comes in.
namespace asterope {

/// A struct with MSGPACK_DEFINE_MAP, that can be made without arguments. Its members: text, numbers, bool, enums of
/// MSGPACK_ADD_ENUM, Timestamp, bytes (std::vector<unsigned char>), vectors, std::map<std::string, …>, optionals, and
/// structs of this kind.
template <class T>
concept MappedStruct = std::default_initializable<T> && requires(const T& value, msgpack::packer<msgpack::sbuffer>& packer) {
    value.msgpack_pack(packer);
};

/// What a struct's members are, by name. It decides how a document is read for them.
struct Shape {
    enum class Kind : unsigned char { any, text, bytes, integer, real, boolean, time, list, map, members };

    Kind kind = Kind::any;
    std::vector<Shape> element{};                            ///< of a list or map: what each is
    std::vector<std::pair<std::string, Shape>> members{};
};

/// The shape of V; an optional's is that of its value.
template <class V>
Shape shape_of();

/// `document` as a MessagePack map for a struct of this shape: its members alone, nested maps for dotted names, and each
/// value in the member's type where it has that reading (text "50" for a number, a number or a time as text, one value
/// as a list of one). Fields that are missing or null are left out.
/// Errors: invalid, with the field's name (no such reading)
Result<std::string> packed_like(const Shape& shape, const Document& document);

/// Reads one packed struct; members that are nil (an empty optional) make no field. Errors: invalid
Result<Document> document_of_struct(std::string_view packed);

/// Where structs are packed. msgpack-c packs whole-number doubles as integers; into this, doubles stay doubles.
struct StructBytes {
    std::string bytes;
    void write(const char* data, std::size_t size) { bytes.append(data, size); }
};

template <MappedStruct T>
Result<Document> to_document(const T& value) {
    StructBytes packed;
    msgpack::pack(packed, value);
    return document_of_struct(packed.bytes);
}

namespace detail {

/// Converts the document into `value`; false if it does not fit.
template <MappedStruct T>
Result<bool> convert(const Shape& shape, const Document& document, T& value) {
    const std::string packed = ASTEROPE_TRY(packed_like(shape, document));
    try {
        msgpack::unpack(packed.data(), packed.size()).get().convert(value);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace detail

/// The struct that `document` describes; members whose field is missing keep what T{} gives them.
/// Errors: invalid, with the field's name
template <MappedStruct T>
Result<T> from_document(const Document& document) {
    const Shape shape = shape_of<T>();
    T value{};
    if (ASTEROPE_TRY(detail::convert(shape, document, value))) return value;
    for (const auto& [name, field] : document) {
        T alone{};
        if (!ASTEROPE_TRY(detail::convert(shape, {{name, field}}, alone)))
            return fail(Errc::invalid, "field '" + name + "' does not fit the struct's member");
    }
    return fail(Errc::invalid, "the document does not fit the struct");
}

/// A stand-in for a packer that writes down what the members are.
class ShapeMaker {
  public:
    void pack_map(std::size_t) {}
    template <class V>
    void pack(const V& value) {
        // Names and values alternate.
        is_name_ = !is_name_;
        if (!is_name_) {
            members_.emplace_back(std::move(name_), shape_of<V>());
        } else if constexpr (std::is_convertible_v<const V&, std::string>) {
            name_ = value;
        }
    }
    std::vector<std::pair<std::string, Shape>> members() && { return std::move(members_); }

  private:
    bool is_name_ = false;
    std::string name_;
    std::vector<std::pair<std::string, Shape>> members_;
};

template <class V>
Shape shape_of() {
    using Kind = Shape::Kind;
    if constexpr (MappedStruct<V>) {
        ShapeMaker maker;
        V{}.msgpack_pack(maker);
        return {Kind::members, {}, std::move(maker).members()};
    } else if constexpr (std::is_same_v<V, bool>) {
        return {Kind::boolean};
    } else if constexpr (std::is_integral_v<V> || std::is_enum_v<V>) {
        return {Kind::integer};
    } else if constexpr (std::is_floating_point_v<V>) {
        return {Kind::real};
    } else if constexpr (std::is_same_v<V, Timestamp>) {
        return {Kind::time};
    } else if constexpr (std::is_convertible_v<V, std::string_view>) {
        return {Kind::text};
    } else if constexpr (requires { *std::declval<V>(); std::declval<V>().has_value(); }) {
        return shape_of<typename V::value_type>();
    } else if constexpr (requires { typename V::mapped_type; }) {
        return {Kind::map, {shape_of<typename V::mapped_type>()}};
    } else if constexpr (std::is_same_v<V, std::vector<char>> || std::is_same_v<V, std::vector<unsigned char>>) {
        return {Kind::bytes};
    } else if constexpr (std::ranges::range<V> && !MappedStruct<std::ranges::range_value_t<V>>) {
        return {Kind::list, {shape_of<std::ranges::range_value_t<V>>()}};
    } else {
        return {};
    }
}

/// A stand-in for a packer that finds the name under which a member is packed, by the member's address.
class MemberNameFinder {
  public:
    explicit MemberNameFinder(const void* wanted) : wanted_(wanted) {}

    void pack_map(std::size_t) {}
    template <class V>
    void pack(const V& value) {
        // Names and values alternate.
        is_name_ = !is_name_;
        if constexpr (std::is_convertible_v<const V&, std::string>) {
            if (is_name_) last_ = value;
        }
        if (!is_name_ && name_.empty() && static_cast<const void*>(&value) == wanted_) name_ = last_;
    }
    const std::string& name() const { return name_; }

  private:
    const void* const wanted_;
    bool is_name_ = false;
    std::string last_, name_;
};

/// The field of `member`: the name that MSGPACK_DEFINE_MAP gives it. Aborts if it is not among those.
template <MappedStruct T, class M>
std::string member_name(M T::*member) {
    const T example{};
    MemberNameFinder finder(&(example.*member));
    example.msgpack_pack(finder);
    ASTEROPE_CHECK(!finder.name().empty());
    return finder.name();
}

namespace detail {
constexpr std::size_t kPackedTimeBytes = 12;
void pack_time(char (&body)[kPackedTimeBytes], Timestamp t);
bool unpack_time(const char* body, std::size_t size, Timestamp& t);
}  // namespace detail
}  // namespace asterope

namespace msgpack {
namespace v1 {

template <>
inline packer<asterope::StructBytes>& packer<asterope::StructBytes>::pack_double(double number) {
    char bytes[9] = {static_cast<char>(0xcb)};
    const auto bits = std::bit_cast<std::uint64_t>(number);
    for (std::size_t i = 0; i < 8; ++i) bytes[1 + i] = static_cast<char>(bits >> (56 - 8 * i));
    append_buffer(bytes, sizeof bytes);
    return *this;
}
template <>
inline packer<asterope::StructBytes>& packer<asterope::StructBytes>::pack_float(float number) {
    return pack_double(number);
}

}  // namespace v1

/// Timestamp as a member of a user's struct: the extension type -1 of MessagePack.
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
    namespace adaptor {

    template <>
    struct convert<asterope::Timestamp> {
        const msgpack::object& operator()(const msgpack::object& o, asterope::Timestamp& t) const {
            if (o.type != msgpack::type::EXT || o.via.ext.type() != -1 ||
                !asterope::detail::unpack_time(o.via.ext.data(), o.via.ext.size, t))
                throw msgpack::type_error();
            return o;
        }
    };

    template <>
    struct pack<asterope::Timestamp> {
        template <class Stream>
        msgpack::packer<Stream>& operator()(msgpack::packer<Stream>& packer, const asterope::Timestamp& t) const {
            char body[asterope::detail::kPackedTimeBytes];
            asterope::detail::pack_time(body, t);
            packer.pack_ext(sizeof body, -1);
            packer.pack_ext_body(body, sizeof body);
            return packer;
        }
    };

    template <>
    struct object_with_zone<asterope::Timestamp> {
        void operator()(msgpack::object::with_zone& o, const asterope::Timestamp& t) const {
            char body[asterope::detail::kPackedTimeBytes];
            asterope::detail::pack_time(body, t);
            char* const at = static_cast<char*>(o.zone.allocate_align(sizeof body + 1, 1));
            at[0] = static_cast<char>(-1);
            std::memcpy(at + 1, body, sizeof body);
            o.type = msgpack::type::EXT;
            o.via.ext.ptr = at;
            o.via.ext.size = sizeof body;
        }
    };

    }  // namespace adaptor
}  // MSGPACK_API_VERSION_NAMESPACE
}  // namespace msgpack

#pragma once

#ifndef MSGPACK_NO_BOOST
#define MSGPACK_NO_BOOST
#endif
#include <msgpack.hpp>

#include <concepts>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/core/document.h"
#include "engine/core/result.h"

/// Maps between documents and the user's structs that say MSGPACK_DEFINE_MAP(member, …). This is where msgpack.hpp comes in.
namespace asterope {

/// A struct with MSGPACK_DEFINE_MAP, that can be made without arguments.
template <class T>
concept MappedStruct = std::default_initializable<T> && requires(const T& value, msgpack::packer<msgpack::sbuffer>& packer) {
    value.msgpack_pack(packer);
};

/// `document` as a MessagePack map of the shape of `prototype` (a packed T): its members alone, nested maps for dotted
/// names, and each value in the type of the prototype's where it has that reading (text "50" for a number; a number, a
/// time as text). Fields that are missing or null are left out.
/// Errors: invalid, with the field's name (no such reading)
Result<std::string> shape_like(const Document& document, std::string_view prototype);

/// Reads one packed struct. Errors: invalid
Result<Document> document_of_struct(std::string_view packed);

template <MappedStruct T>
Result<Document> to_document(const T& value) {
    msgpack::sbuffer packed;
    msgpack::pack(packed, value);
    return document_of_struct({packed.data(), packed.size()});
}

/// The struct that `document` describes; members whose field is missing keep what T{} gives them.
/// Errors: invalid, with the field's name
template <MappedStruct T>
Result<T> from_document(const Document& document) {
    T value{};
    msgpack::sbuffer prototype;
    msgpack::pack(prototype, value);
    const std::string packed = ASTEROPE_TRY(shape_like(document, {prototype.data(), prototype.size()}));
    try {
        msgpack::unpack(packed.data(), packed.size()).get().convert(value);
    } catch (const std::exception&) {
        return fail(Errc::invalid, "the document does not fit the struct");
    }
    return value;
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

/// Timestamp as a member of a user's struct: the extension type -1 of MessagePack.
namespace msgpack {
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

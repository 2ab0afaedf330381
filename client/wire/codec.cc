#include "client/wire/codec.h"

namespace asterope::wire {
namespace {

// The kind on the wire is the alternative's place in Value::Storage.
constexpr std::size_t kArrayKind = std::variant_size_v<Value::Storage> - 1;
static_assert(std::is_same_v<std::variant_alternative_t<kArrayKind, Value::Storage>, Array>);

void encode_scalar(Encoder& out, Null) {
    out.nil();
}
void encode_scalar(Encoder& out, double value) {
    out.number(value);
}
void encode_scalar(Encoder& out, const Binary& value) {
    out.bytes(value.bytes);
}
template <class T>
void encode_scalar(Encoder& out, const T& value) {
    encode(out, value);
}

void decode_scalar(Decoder& in, Null&) {
    if (!in.take_nil()) in.fail("expected nil");
}
void decode_scalar(Decoder& in, double& value) {
    value = in.number();
}
void decode_scalar(Decoder& in, Binary& value) {
    value.bytes = in.bytes();
}
template <class T>
void decode_scalar(Decoder& in, T& value) {
    decode(in, value);
}

template <std::size_t kind = 0>
Value decode_kind(Decoder& in, std::size_t wanted) {
    if constexpr (kind <= kArrayKind) {
        if (wanted != kind) return decode_kind<kind + 1>(in, wanted);
        std::variant_alternative_t<kind, Value::Storage> value{};
        decode_scalar(in, value);
        return Value(std::move(value));
    } else {
        in.fail("a value has an unknown kind");
        return {};
    }
}

}  // namespace

void encode(Encoder& out, const Value& value) {
    out.array(2);
    out.natural(value.storage().index());
    std::visit([&](const auto& alternative) { encode_scalar(out, alternative); }, value.storage());
}

void decode(Decoder& in, Value& value) {
    if (in.enter() != 2) in.fail("a value is a kind and its content");
    const std::uint64_t kind = in.natural();
    if (!in.failed()) value = decode_kind(in, kind);
    in.leave();
    if (const Array* array = value.get_if<Array>()) {
        for (const Value& element : *array) {
            if (element.get_if<Array>() != nullptr) in.fail("an array in an array");
        }
    }
}

void encode(Encoder& out, const Document& document) {
    out.array(document.size());
    for (const auto& [name, value] : document) {
        out.array(2);
        out.text(name);
        encode(out, value);
    }
}

void decode(Decoder& in, Document& document) {
    document.clear();
    const std::size_t count = in.enter();
    std::string_view last;
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        if (in.enter() != 2) in.fail("a field is a name and a value");
        const std::string_view name = in.text();
        Value value;
        decode(in, value);
        in.leave();
        if (name.empty() || name.size() > 65535 || name.find('\0') != name.npos) return in.fail("a field has no valid name");
        if (name <= last) return in.fail("fields are not in order");
        document.set(name, std::move(value));
        last = name;
    }
    in.leave();
}

}  // namespace asterope::wire

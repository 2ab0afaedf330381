#include "client/wire/pack.h"

#define MSGPACK_NO_BOOST
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <msgpack.hpp>
#pragma GCC diagnostic pop

#include <algorithm>
#include <bit>
#include <vector>

#include "client/wire/limits.h"

namespace asterope::wire {
namespace {

struct StringSink {
    std::string& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
};

// A packer is a reference to its sink: making one for each item costs nothing.
template <class Write>
void pack(std::string& out, Write write) {
    StringSink sink{out};
    msgpack::packer<StringSink> packer(sink);
    write(packer);
}

}  // namespace

void Encoder::array(std::size_t count) {
    pack(out_, [&](auto& packer) { packer.pack_array(static_cast<std::uint32_t>(count)); });
}
void Encoder::nil() {
    pack(out_, [](auto& packer) { packer.pack_nil(); });
}
void Encoder::boolean(bool value) {
    pack(out_, [&](auto& packer) { value ? packer.pack_true() : packer.pack_false(); });
}
void Encoder::integer(std::int64_t value) {
    pack(out_, [&](auto& packer) { packer.pack_int64(value); });
}
void Encoder::natural(std::uint64_t value) {
    pack(out_, [&](auto& packer) { packer.pack_uint64(value); });
}
void Encoder::number(double value) {
    natural(std::bit_cast<std::uint64_t>(value));
}
void Encoder::text(std::string_view value) {
    pack(out_, [&](auto& packer) {
        packer.pack_str(static_cast<std::uint32_t>(value.size()));
        packer.pack_str_body(value.data(), static_cast<std::uint32_t>(value.size()));
    });
}
void Encoder::bytes(std::string_view value) {
    pack(out_, [&](auto& packer) {
        packer.pack_bin(static_cast<std::uint32_t>(value.size()));
        packer.pack_bin_body(value.data(), static_cast<std::uint32_t>(value.size()));
    });
}

struct Decoder::State {
    struct Level {
        const msgpack::object* next;
        const msgpack::object* end;
    };
    msgpack::object_handle handle;
    std::vector<Level> levels;
    std::string failure;

    /// The next item if it has type `type`.
    const msgpack::object* take(msgpack::type::object_type type, std::string_view what) {
        if (!failure.empty()) return nullptr;
        Level& level = levels.back();
        if (level.next == level.end) return note("an item is missing"), nullptr;
        if (level.next->type != type) return note("expected " + std::string(what)), nullptr;
        return level.next++;
    }
    void note(std::string_view what) {
        if (failure.empty()) failure = what;
    }
};

Decoder::Decoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

Result<Decoder> Decoder::parse(std::string_view message) {
    if (message.size() > limits::kMessageBytes) return asterope::fail(Errc::parse, "message is too large");
    auto state = std::make_unique<State>();
    // An array cannot have more items than the message has bytes: a short message must not claim much memory.
    const std::size_t items = std::min(limits::kItems, message.size());
    const msgpack::unpack_limit limit(items, 0, message.size(), message.size(), 0, limits::kNesting);
    const auto refer = [](msgpack::type::object_type, std::size_t, void*) { return true; };
    std::size_t end = 0;
    try {
        state->handle = msgpack::unpack(message.data(), message.size(), end, refer, nullptr, limit);
    } catch (const std::exception&) {
        return asterope::fail(Errc::parse, "message is not well-formed MessagePack");
    }
    if (end != message.size()) return asterope::fail(Errc::parse, "message has bytes behind its end");
    const msgpack::object* root = &state->handle.get();
    state->levels.push_back({root, root + 1});
    return Decoder(std::move(state));
}

std::size_t Decoder::enter() {
    const msgpack::object* item = state_->take(msgpack::type::ARRAY, "an array");
    if (item == nullptr) return 0;
    state_->levels.push_back({item->via.array.ptr, item->via.array.ptr + item->via.array.size});
    return item->via.array.size;
}
void Decoder::leave() {
    if (failed()) return;
    if (state_->levels.back().next != state_->levels.back().end) return fail("an array has too many items");
    state_->levels.pop_back();
}
bool Decoder::take_nil() {
    if (failed()) return false;
    auto& level = state_->levels.back();
    if (level.next == level.end || level.next->type != msgpack::type::NIL) return false;
    ++level.next;
    return true;
}
bool Decoder::boolean() {
    const msgpack::object* item = state_->take(msgpack::type::BOOLEAN, "a truth value");
    return item != nullptr && item->via.boolean;
}
std::int64_t Decoder::integer() {
    if (failed()) return 0;
    auto& level = state_->levels.back();
    if (level.next != level.end && level.next->type == msgpack::type::NEGATIVE_INTEGER) return level.next++->via.i64;
    const std::uint64_t value = natural();
    if (value > INT64_MAX) fail("an integer is out of range");
    return failed() ? 0 : static_cast<std::int64_t>(value);
}
std::uint64_t Decoder::natural() {
    const msgpack::object* item = state_->take(msgpack::type::POSITIVE_INTEGER, "a number that is not negative");
    return item == nullptr ? 0 : item->via.u64;
}
double Decoder::number() {
    return std::bit_cast<double>(natural());
}
std::string_view Decoder::text() {
    const msgpack::object* item = state_->take(msgpack::type::STR, "text");
    return item == nullptr ? std::string_view() : std::string_view(item->via.str.ptr, item->via.str.size);
}
std::string_view Decoder::bytes() {
    const msgpack::object* item = state_->take(msgpack::type::BIN, "bytes");
    return item == nullptr ? std::string_view() : std::string_view(item->via.bin.ptr, item->via.bin.size);
}

void Decoder::fail(std::string_view what) {
    state_->note(what);
}
bool Decoder::failed() const {
    return !state_->failure.empty();
}
Status Decoder::finish() {
    const auto& levels = state_->levels;
    if (!failed() && (levels.size() != 1 || levels.back().next != levels.back().end)) fail("items are left over");
    if (failed()) return asterope::fail(Errc::parse, "message: " + state_->failure);
    return {};
}

}  // namespace asterope::wire

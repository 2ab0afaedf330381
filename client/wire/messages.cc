#include "client/wire/messages.h"

namespace asterope::wire {
namespace {

template <std::size_t number = 0>
void decode_alternative(Decoder& in, std::uint64_t wanted, Request& request) {
    if constexpr (number < std::variant_size_v<Request>) {
        if (wanted == number) return decode(in, request.emplace<number>());
        decode_alternative<number + 1>(in, wanted, request);
    } else {
        in.fail("unknown operation");
    }
}

}  // namespace

std::string encode_request(const Request& request, HandleId view) {
    Encoder out;
    out.array(3);
    encode(out, view);
    out.natural(request.index());
    std::visit([&](const auto& operation) { encode(out, operation); }, request);
    return std::move(out).take();
}

Result<DecodedRequest> decode_request(std::string_view message) {
    Decoder in = ASTEROPE_TRY(Decoder::parse(message));
    if (in.enter() != 3) in.fail("a request is a view, an operation and its arguments");
    HandleId view{};
    decode(in, view);
    const std::uint64_t number = in.natural();
    Request request;
    if (!in.failed()) decode_alternative(in, number, request);
    in.leave();
    ASTEROPE_TRY_STATUS(in.finish());
    return DecodedRequest(std::move(in), view, std::move(request));
}

std::string encode_error(const Error& error) {
    Encoder out;
    out.array(2);
    out.natural(1);
    out.array(3);
    out.text(name_of(error.code));
    out.text(error.message);
    out.integer(error.sys_errno);
    return std::move(out).take();
}

Error decode_error(Decoder& in) {
    Error error;
    if (in.enter() != 3) in.fail("an error is a code, a message and a number");
    const std::string_view word = in.text();
    error.message = in.text();
    decode(in, error.sys_errno);
    in.leave();
    for (int code = 0; code < kErrcCount; ++code) {
        if (name_of(static_cast<Errc>(code)) == word) error.code = static_cast<Errc>(code);
    }
    return error;
}

}  // namespace asterope::wire

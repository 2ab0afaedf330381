#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace asterope::wire {

/// Writes MessagePack items one after the other.
/// Threads: one at a time.
class Encoder {
  public:
    /// The next `count` items are its elements.
    void array(std::size_t count);
    void nil();
    void boolean(bool value);
    void integer(std::int64_t value);
    void natural(std::uint64_t value);
    /// As its 64 bits: msgpack-c would make an integer of 2.0 and lose the sign of -0.0.
    void number(double value);
    void text(std::string_view value);
    void bytes(std::string_view value);

    std::size_t size() const { return out_.size(); }
    std::string take() && { return std::move(out_); }

  private:
    std::string out_;
};

/// Reads the items of one message in their order. The first item that is not what was asked for makes the decoder fail:
/// from then on it answers empty values, and finish() tells the first failure.
/// Threads:  one at a time.
/// Lifetime: text and bytes point into the message that was parsed.
class Decoder {
  public:
    /// Errors: parse (not one whole MessagePack item, or beyond wire::limits)
    static Result<Decoder> parse(std::string_view message);
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;
    ~Decoder();

    /// Goes into an array and returns its size; leave() goes on behind it. 0 after a failure.
    std::size_t enter();
    void leave();
    /// Whether the next item is nil; takes it then.
    bool take_nil();
    bool boolean();
    std::int64_t integer();
    std::uint64_t natural();
    double number();
    std::string_view text();
    std::string_view bytes();

    void fail(std::string_view what);
    bool failed() const;
    /// Errors: parse (the first failure, or items are left)
    Status finish();

  private:
    struct State;
    explicit Decoder(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace asterope::wire

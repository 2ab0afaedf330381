#pragma once

#include <deque>
#include <random>
#include <string>

#include "client/wire/messages.h"

namespace asterope::wire {

/// Fills any struct of the protocol with random members.
/// Lifetime: views point into this object.
class RandomMessage {
  public:
    explicit RandomMessage(std::uint64_t seed) : random_(seed) {}

    std::uint64_t number() {
        // Small, large and extreme numbers alike.
        const std::uint64_t wide = random_();
        return wide >> (random_() % 64);
    }
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

    void fill(bool& value) { value = below(2) == 1; }
    void fill(std::string& value) {
        value.resize(below(40));
        for (char& c : value) c = static_cast<char>(random_());
    }
    void fill(std::string_view& value) { value = keep(); }
    void fill(std::span<const std::byte>& value) { value = as_bytes(keep()); }
    void fill(Content& value) { fill(value.bytes); }
    void fill(std::monostate&) {}
    void fill(Timestamp& t) {
        t.seconds = static_cast<std::int64_t>(random_());
        t.nanoseconds = static_cast<std::uint32_t>(below(1'000'000'000));
    }
    void fill(std::chrono::seconds& duration) { duration = std::chrono::seconds(below(1'000'000'000)); }
    void fill(Value& value) { value = below(4) == 0 ? array() : scalar(); }
    void fill(Document& document) {
        document.clear();
        for (std::size_t i = below(6); i > 0; --i) {
            std::string name = "f" + std::to_string(below(100));
            Value value;
            fill(value);
            document.set(name, std::move(value));
        }
    }
    template <class T>
        requires std::integral<T>
    void fill(T& value) {
        value = static_cast<T>(number());
    }
    template <class T>
        requires std::is_enum_v<T>
    void fill(T& value) {
        value = static_cast<T>(kEnumMax<T> == UINT64_MAX ? random_() : random_() % (kEnumMax<T> + 1));
    }
    template <class T>
    void fill(std::optional<T>& value) {
        if (below(2) == 0)
            value.reset();
        else
            fill(value.emplace());
    }
    template <class T>
    void fill(std::vector<T>& values) {
        values.resize(below(5));
        for (T& value : values) fill(value);
    }
    template <Struct T>
    void fill(T& value) {
        std::apply([&](auto&... member) { (fill(member), ...); }, members_of(value));
    }

  private:
    Value scalar() {
        switch (below(8)) {
            case 0: return Null{};
            case 1: return below(2) == 1;
            case 2: return static_cast<std::int64_t>(random_());
            case 3: return random_();
            case 4: return static_cast<double>(number()) / 7 - 1e6;
            case 5: return Value(std::string_view(keep()));
            case 6: {
                Timestamp t;
                fill(t);
                return t;
            }
            default: return Binary{std::string(keep())};
        }
    }
    Value array() {
        Array elements(below(4));
        for (Value& element : elements) element = scalar();
        return elements;
    }
    std::string_view keep() {
        fill(kept_.emplace_back());
        return kept_.back();
    }

    std::mt19937_64 random_;
    std::deque<std::string> kept_;
};

/// Calls `use(T{})` for every request struct.
template <std::size_t number = 0, class Use>
void for_each_request(const Use& use) {
    if constexpr (number < std::variant_size_v<Request>) {
        use(std::variant_alternative_t<number, Request>{});
        for_each_request<number + 1>(use);
    }
}

}  // namespace asterope::wire

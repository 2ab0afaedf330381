#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>

/// Fixed-width little-endian integers in byte strings.
namespace asterope::kv {

static_assert(std::endian::native == std::endian::little,
              "the formats are written on little-endian machines only");

template <class T>
T load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
template <class T>
void store(char* at, T value) {
    std::memcpy(at, &value, sizeof value);
}
template <class T>
void append(std::string& to, T value) {
    char bytes[sizeof value];
    store(bytes, value);
    to.append(bytes, sizeof value);
}

}  // namespace asterope::kv

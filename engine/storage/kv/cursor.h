#pragma once

#include <cstring>

#include "engine/storage/kv/kv.h"

namespace asterope::kv {

inline Suffix suffix_of(std::string_view key, std::string_view value) {
    Suffix suffix;
    if (key.size() >= sizeof suffix.number) {
        std::memcpy(&suffix.number, key.data() + key.size() - sizeof suffix.number, sizeof suffix.number);
        suffix.number = __builtin_bswap64(suffix.number);
    }
    if (!value.empty()) suffix.flags = static_cast<std::uint8_t>(value.front());
    return suffix;
}

/// Cursor::read_suffixes() of any cursor, without virtual calls where its type is final.
template <class AnyCursor>
std::size_t read_suffixes_of(AnyCursor& cursor, std::string_view end, std::span<Suffix> out) {
    std::size_t count = 0;
    for (; count < out.size() && cursor.valid() && cursor.key() < end; cursor.next())
        out[count++] = suffix_of(cursor.key(), cursor.value());
    return count;
}

}  // namespace asterope::kv

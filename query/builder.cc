#include "query/builder.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "engine/core/value.h"

namespace asterope::query {

Literal literal_of(std::string_view text) {
    return Literal::quoted(text);
}
Literal literal_of(double number) {
    return Literal::bare(to_text(number));
}
Literal literal_of(std::nullptr_t) {
    return Literal::bare("null");
}

Literal literal_of(Timestamp time) {
    constexpr std::int64_t kFirst = -62135596800;  // 0001-01-01T00:00:00Z
    constexpr std::int64_t kLast = 253402300799;   // 9999-12-31T23:59:59Z
    std::string text = to_rfc3339({std::clamp(time.seconds, kFirst, kLast), 0});
    std::array<char, 16> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%09uZ", time.nanoseconds % 1'000'000'000);
    text.replace(text.size() - 1, 1, fraction.data());
    return Literal::bare(text);
}

}  // namespace asterope::query

#pragma once

#include <string>
#include <string_view>

#include "engine/core/limits.h"
#include "engine/core/result.h"

namespace asterope {

/// The dotted name of `name` inside `prefix`. Errors: invalid (empty, NUL, longer than a document may hold)
inline Result<std::string> join_field_name(std::string_view prefix, std::string_view name) {
    if (name.empty() || name.find('\0') != std::string_view::npos)
        return fail(Errc::invalid, "a field name must not be empty or contain NUL");
    std::string joined = prefix.empty() ? std::string(name) : std::string(prefix) + "." + std::string(name);
    if (joined.size() > 65535) return fail(Errc::invalid, "a field name is longer than 65535 bytes");
    return joined;
}

}  // namespace asterope

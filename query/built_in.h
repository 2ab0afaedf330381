#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "engine/core/value.h"
#include "query/index_source.h"

namespace asterope::query {

/// Fields that every file has by itself: sys.key, sys.name, … They hide document fields of the same name.
enum class BuiltIn : std::uint8_t {
    key,
    name,
    dir,
    size,
    mtime,
    ctime,
    btime,
    type,
    mode,
    uid,
    gid,
    checksum,
    version
};

std::optional<BuiltIn> built_in_of(std::string_view field);
/// text for those that are text and never anything else; undeclared for numbers and times.
FieldType declared_type(BuiltIn field);

}  // namespace asterope::query

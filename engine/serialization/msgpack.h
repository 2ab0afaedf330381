#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/document.h"
#include "engine/core/result.h"

namespace asterope {

/// `document` as one MessagePack map in byte order of the names; timestamps as the standard's extension type -1.
/// This is also the form on disk.
std::string to_msgpack(const Document& document);

/// Reads one MessagePack map with nothing behind it; nested maps are flattened to dotted names.
/// Errors: parse (malformed, truncated, too deep, not a map) · invalid (a key that is no text, an array in an array, an unknown extension type)
Result<Document> document_from_msgpack(std::string_view bytes);

/// The value of field `name` alone; nullopt when the document lacks it.
Result<std::optional<Value>> field_from_msgpack(std::string_view bytes, std::string_view name);

}  // namespace asterope

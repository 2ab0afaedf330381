#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/document.h"
#include "engine/core/result.h"

namespace asterope {

enum class JsonForm {
    plain,  ///< timestamps are RFC 3339 text, text that is no UTF-8 is {"$binary": base64}; names that are none are repaired
    exact,  ///< document_from_json gives the same document: {"$time": RFC 3339}, {"$text": base64}, "$name:base64" as a name
};
/// `document` as one JSON object. In both forms binary is {"$binary": base64}, and floats that JSON lacks are
/// {"$float": "nan" | "inf" | "-inf"}.
std::string to_json(const Document& document, JsonForm form = JsonForm::plain);
/// One value in the same form.
std::string to_json(const Value& value);
/// Text as a JSON string literal.
std::string json_quote(std::string_view text);

/// Reads one JSON object. Nested objects are flattened to dotted names ("study.date"); arrays must hold scalars.
/// Errors: parse, with what and where · invalid (a name with NUL, an array in an array)
Result<Document> document_from_json(std::string_view json);
/// Reads one JSON scalar or array of scalars.
Result<Value> value_from_json(std::string_view json);

/// The changes that an RFC 7396 merge patch means: null removes, nested objects patch dotted names.
Result<std::vector<FieldChange>> merge_patch_from_json(std::string_view json);

struct ConditionalPatch {
    std::vector<FieldChange> changes;
    std::optional<std::uint64_t> if_version;  ///< only of a file that still has this version
};
/// A merge patch that may begin with a condition: {"$if":{"version":7},"reviewed":true}.
/// Errors: parse (also a condition that is unknown)
Result<ConditionalPatch> conditional_patch_from_json(std::string_view json);

}  // namespace asterope

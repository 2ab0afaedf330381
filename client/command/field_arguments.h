#pragma once

#include <string>
#include <vector>

#include "engine/core/document.h"
#include "engine/core/result.h"

namespace asterope::command {

/// "NAME=VALUE", the value as setfattr would write it. Errors: invalid
Result<FieldChange> text_field(const std::string& argument);

/// "NAME=JSON", or a JSON object of several fields. Errors: invalid · parse
Result<std::vector<FieldChange>> json_fields(const std::string& argument);

/// The changes that both kinds of arguments ask for, in that order.
Result<std::vector<FieldChange>> changes_of(const std::vector<std::string>& texts, const std::vector<std::string>& jsons);

}  // namespace asterope::command

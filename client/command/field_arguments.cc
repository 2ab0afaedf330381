#include "client/command/field_arguments.h"

#include "engine/serialization/json.h"

namespace asterope::command {

Result<FieldChange> text_field(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos || equals == 0)
        return fail(Errc::invalid, "'" + argument + "' is not NAME=VALUE");
    return FieldChange{argument.substr(0, equals), from_xattr_bytes(argument.substr(equals + 1))};
}

Result<std::vector<FieldChange>> json_fields(const std::string& argument) {
    std::vector<FieldChange> changes;
    if (argument.starts_with('{')) {
        const Document document = ASTEROPE_TRY(document_from_json(argument));
        for (const auto& [name, value] : document) changes.push_back({name, value});
        return changes;
    }
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos || equals == 0)
        return fail(Errc::invalid, "'" + argument + "' is neither NAME=JSON nor a JSON object");
    auto value = value_from_json(std::string_view(argument).substr(equals + 1));
    if (!value)
        return fail(value.error().code, "the value of '" + argument.substr(0, equals) + "': " + value.error().text());
    changes.push_back({argument.substr(0, equals), std::move(*value)});
    return changes;
}

Result<std::vector<FieldChange>> changes_of(const std::vector<std::string>& texts,
                                            const std::vector<std::string>& jsons) {
    std::vector<FieldChange> changes;
    for (const auto& text : texts) changes.push_back(ASTEROPE_TRY(text_field(text)));
    for (const auto& json : jsons) {
        auto more = ASTEROPE_TRY(json_fields(json));
        std::move(more.begin(), more.end(), std::back_inserter(changes));
    }
    return changes;
}

}  // namespace asterope::command

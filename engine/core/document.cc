#include "engine/core/document.h"

#include <algorithm>

namespace asterope {
namespace {

auto position(auto& fields, std::string_view name) {
    return std::lower_bound(fields.begin(), fields.end(), name,
                            [](const Document::Field& field, std::string_view key) { return field.first < key; });
}

}  // namespace

Document::Document(std::initializer_list<Field> fields) {
    for (const Field& field : fields) set(field.first, field.second);
}

const Value* Document::find(std::string_view name) const {
    const auto at = position(fields_, name);
    return at != fields_.end() && at->first == name ? &at->second : nullptr;
}

void Document::set(std::string_view name, Value value) {
    const auto at = position(fields_, name);
    if (at != fields_.end() && at->first == name)
        at->second = std::move(value);
    else
        fields_.emplace(at, std::string(name), std::move(value));
}

bool Document::erase(std::string_view name) {
    const auto at = position(fields_, name);
    if (at == fields_.end() || at->first != name) return false;
    fields_.erase(at);
    return true;
}

}  // namespace asterope

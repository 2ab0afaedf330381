#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/value.h"

namespace asterope {

/// The metadata of one node: field names to values, in byte order of the names.
/// Shape: a name is 1 to 65535 bytes, any but NUL; nested maps are flattened to dotted names before they come here.
class Document {
  public:
    using Field = std::pair<std::string, Value>;

    Document() = default;
    Document(std::initializer_list<Field> fields);

    /// Lifetime: until the next change of this document.
    const Value* find(std::string_view name) const;
    void set(std::string_view name, Value value);
    /// Returns whether the field was there.
    bool erase(std::string_view name);

    bool empty() const { return fields_.empty(); }
    std::size_t size() const { return fields_.size(); }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    void clear() { fields_.clear(); }
    bool operator==(const Document&) const = default;

  private:
    std::vector<Field> fields_;
};

/// One change of a field: a value sets it, nullopt removes it.
struct FieldChange {
    std::string name;
    std::optional<Value> value;
};

}  // namespace asterope

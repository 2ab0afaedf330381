#pragma once

#include <string_view>

namespace asterope {

/// What an extended attribute's name means.
enum class AttributeKind {
    field,    ///< user.NAME: the field NAME of the document, indexed
    opaque,   ///< stored and returned, not indexed: other namespaces, and noise of tools (a table)
    virtual_, ///< user.asterope.*: answered by name, never listed, never stored
};

AttributeKind attribute_kind(std::string_view full_name);
/// "PatientID" for "user.PatientID". Requires kind field.
std::string_view field_of_attribute(std::string_view full_name);

constexpr std::string_view kUserPrefix = "user.";
constexpr std::string_view kVirtualPrefix = "user.asterope.";

}  // namespace asterope

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/volume.h"

/// Exported trees: plain files, and beside each NAME whatever a plain file cannot hold, in NAME.meta.json:
///
///     {"asterope":1,"document":{"Modality":"CT","dose":51.5},"attributes":{"security.x":{"$binary":"AQI="}}}
///
/// Members that would be empty are left out, and there is no sidecar where all would be. That of the exported
/// directory itself is .meta.json in it. Documents are in the exact form of engine/serialization/json.h.
///
/// A name that could be taken for a sidecar's, or is too long to have one, is exported as its first 200 bytes, '~' and
/// 32 hexadecimal digits; its sidecar has it as "name". So no name is ever in the way of another's sidecar.
namespace asterope::command {

constexpr std::string_view kSidecarSuffix = ".meta.json";

struct Sidecar {
    std::optional<std::string> name{};  ///< when the file has another
    Document document{};
    Document attributes{};              ///< those that are no fields: full name -> binary

    bool empty() const { return !name && document.empty() && attributes.empty(); }
};

/// What `node` has besides content and stat. `name`: its own.
Result<Sidecar> sidecar_of(Volume& volume, NodeId node, const std::string& name);

std::string to_json(const Sidecar& sidecar);
/// nullopt: any other JSON, or none.
std::optional<Sidecar> sidecar_from_json(std::string_view text);

/// The name of `name` in an exported tree.
std::string exported_name(const std::string& name);
inline std::string sidecar_name(const std::string& exported) { return exported + std::string(kSidecarSuffix); }

}  // namespace asterope::command

#include "engine/core/attribute_name.h"

#include <array>

namespace asterope {
namespace {

// Attributes that tools write on every file and nobody queries. A trailing '.' names a whole family.
constexpr std::array<std::string_view, 8> kNoise{
    "user.DOSATTRIB", "user.com.apple.", "user.overlay.", "user.xdg.", "user.dublincore.", "user.fuseoverlayfs.",
    "user.rsync.",    "user.SAMBA_PAI",
};

bool is_noise(std::string_view name) {
    for (const std::string_view entry : kNoise)
        if (entry.back() == '.' ? name.starts_with(entry) : name == entry) return true;
    return false;
}

}  // namespace

AttributeKind attribute_kind(std::string_view full_name) {
    if (!full_name.starts_with(kUserPrefix) || full_name.size() == kUserPrefix.size()) return AttributeKind::opaque;
    if (full_name.starts_with(kVirtualPrefix)) return AttributeKind::virtual_;
    return is_noise(full_name) ? AttributeKind::opaque : AttributeKind::field;
}

std::string_view field_of_attribute(std::string_view full_name) { return full_name.substr(kUserPrefix.size()); }

}  // namespace asterope

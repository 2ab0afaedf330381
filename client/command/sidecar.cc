#include "client/command/sidecar.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstdio>

#include "engine/core/limits.h"
#include "engine/serialization/json.h"

namespace asterope::command {
namespace {

constexpr std::size_t kPrefixBytes = 200;
constexpr std::size_t kDigits = 32;
constexpr const char* kVersionMember = "asterope";
constexpr const char* kNameMember = "name";
constexpr std::string_view kDocumentPrefix = "document.";
constexpr std::string_view kAttributesPrefix = "attributes.";

std::string digits_of(const std::string& name) {
    const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
    std::array<char, kDigits + 1> text{};
    std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                  static_cast<unsigned long long>(hash.low64));
    return text.data();
}

/// NAME~32 digits.
bool has_digits(std::string_view name) {
    return name.size() > kDigits && name[name.size() - kDigits - 1] == '~' &&
           name.find_last_not_of("0123456789abcdef") == name.size() - kDigits - 1;
}

bool is_plain(std::string_view name) {
    return !name.ends_with(kSidecarSuffix) && !has_digits(name) && name.size() + kSidecarSuffix.size() <= limits::kNameBytes;
}

}  // namespace

std::string exported_name(const std::string& name) {
    if (is_plain(name)) return name;
    std::size_t size = std::min(name.size(), kPrefixBytes);
    while (size > 0 && size < name.size() && (name[size] & '\xc0') == '\x80') --size;  // not within a character
    return name.substr(0, size) + "~" + digits_of(name);
}

Result<Sidecar> sidecar_of(Volume& volume, NodeId node, const std::string& name) {
    Sidecar sidecar;
    if (!is_plain(name)) sidecar.name = name;
    sidecar.document = ASTEROPE_TRY(volume.document(node));
    for (const std::string& attribute : ASTEROPE_TRY(volume.list_attributes(node)))
        sidecar.attributes.set(attribute, Binary{ASTEROPE_TRY(volume.attribute(node, attribute))});
    return sidecar;
}

std::string to_json(const Sidecar& sidecar) {
    std::string text = std::string("{\"") + kVersionMember + "\":1";
    const auto add = [&](const std::string& member, const std::string& json) { text += ",\"" + member + "\":" + json; };
    if (sidecar.name) {
        // A whole document for its one member: the name may be any bytes.
        const std::string json = to_json(Document{{kNameMember, *sidecar.name}}, JsonForm::exact);
        text += "," + json.substr(1, json.size() - 2);
    }
    if (!sidecar.document.empty()) add("document", to_json(sidecar.document, JsonForm::exact));
    if (!sidecar.attributes.empty()) add("attributes", to_json(sidecar.attributes, JsonForm::exact));
    return text + "}\n";
}

std::optional<Sidecar> sidecar_from_json(std::string_view text) {
    const auto members = document_from_json(text);
    if (!members) return std::nullopt;
    const Value* const version = members->find(kVersionMember);
    if (version == nullptr || *version != Value(1)) return std::nullopt;
    Sidecar sidecar;
    for (const auto& [member, value] : *members) {
        if (member.starts_with(kDocumentPrefix))
            sidecar.document.set(member.substr(kDocumentPrefix.size()), value);
        else if (member.starts_with(kAttributesPrefix))
            sidecar.attributes.set(member.substr(kAttributesPrefix.size()), value);
        else if (const auto* const name = value.get_if<std::string>(); name != nullptr && member == kNameMember)
            sidecar.name = *name;
    }
    return sidecar;
}

}  // namespace asterope::command

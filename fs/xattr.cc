#include "fs/xattr.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include "engine/core/attribute_name.h"
#include "engine/core/limits.h"
#include "engine/serialization/json.h"
#include "engine/serialization/msgpack.h"
#include "fs/posix_acl.h"

namespace asterope::fs {
namespace {

/// Tries of replacing a document that others change at the same time.
constexpr int kReplaceTries = 64;

std::string full_name(std::string_view field) {
    return std::string(kUserPrefix).append(field);
}

/// A field that an attribute can name: fields of the API may be longer, or look like virtual attributes.
bool is_listable(std::string_view field) {
    const std::string name = full_name(field);
    return name.size() <= limits::kXattrNameBytes && attribute_kind(name) == AttributeKind::field;
}

std::size_t list_bytes(const std::vector<std::string>& names) {
    std::size_t bytes = 0;
    for (const auto& name : names) bytes += name.size() + 1;
    return bytes;
}

Result<std::string> checked(std::string value) {
    if (value.size() > limits::kXattrValueBytes) return fail(Errc::value_too_large);
    return value;
}

/// What turns `from` into `to`.
std::vector<FieldChange> difference(const Document& from, const Document& to) {
    std::vector<FieldChange> changes;
    for (const auto& [name, value] : from) {
        if (to.find(name) == nullptr) changes.push_back({name, std::nullopt});
    }
    for (const auto& [name, value] : to) {
        const Value* old = from.find(name);
        if (old == nullptr || !(*old == value)) changes.push_back({name, value});
    }
    return changes;
}

}  // namespace

Result<SetMode> set_mode_of(int flags) {
    switch (flags) {
        case 0:
            return SetMode::any;
        case XATTR_CREATE:
            return SetMode::create;
        case XATTR_REPLACE:
            return SetMode::replace;
        default:
            return fail(Errc::invalid);
    }
}

Result<std::string> Xattrs::get(NodeId node, std::string_view name) {
    switch (attribute_kind(name)) {
        case AttributeKind::virtual_:
            return checked(ASTEROPE_TRY(get_virtual(node, name)));
        case AttributeKind::opaque:
            return checked(ASTEROPE_TRY(volume_.attribute(node, name)));
        case AttributeKind::field:
            break;
    }
    const Document document = ASTEROPE_TRY(volume_.document(node));
    const Value* value = document.find(field_of_attribute(name));
    if (value == nullptr) return fail(Errc::no_attribute);
    return checked(to_xattr_bytes(*value));
}

Result<std::string> Xattrs::get_virtual(NodeId node, std::string_view name) {
    const std::string_view what = name.substr(kVirtualPrefix.size());
    if (what == "json") return to_json(ASTEROPE_TRY(volume_.document(node)));
    if (what == "msgpack") return to_msgpack(ASTEROPE_TRY(volume_.document(node)));
    if (what == "version") return std::to_string(ASTEROPE_TRY(volume_.getattr(node)).version);
    if (what == "checksum") {
        if (auto checksum = ASTEROPE_TRY(volume_.checksum(node))) return *checksum;
    }
    return fail(Errc::no_attribute);
}

Result<std::vector<std::string>> Xattrs::list(const Caller& caller, NodeId node) {
    std::vector<std::string> names;
    const Document document = ASTEROPE_TRY(volume_.document(node));
    for (const auto& [field, value] : document) {
        if (is_listable(field)) names.push_back(full_name(field));
    }
    for (auto& name : ASTEROPE_TRY(volume_.list_attributes(node))) {
        const bool visible = caller.is_root() || !std::string_view(name).starts_with("trusted.");
        if (visible) names.push_back(std::move(name));
    }
    if (list_bytes(names) > limits::kXattrListBytes) return fail(Errc::value_too_large);
    return names;
}

Status Xattrs::check_room(NodeId node, std::string_view name) {
    const auto names = list({}, node);
    if (!names && names.error().code == Errc::value_too_large) return fail(Errc::no_space);
    if (!names) return Unexpected(names.error());
    for (const auto& old : *names) {
        if (old == name) return {};
    }
    if (list_bytes(*names) + name.size() + 1 > limits::kXattrListBytes) return fail(Errc::no_space);
    return {};
}

Status Xattrs::set(const Caller& caller, NodeId node, std::string_view name, std::string_view value,
                   int flags) {
    const SetMode mode = ASTEROPE_TRY(set_mode_of(flags));
    if (name.size() > limits::kXattrNameBytes) return fail(Errc::buffer_too_small);
    if (value.size() > limits::kXattrValueBytes) return fail(Errc::value_too_large);
    const AttributeKind kind = attribute_kind(name);
    if (kind == AttributeKind::virtual_) return set_virtual(node, name, value, mode);
    if (mode != SetMode::replace) ASTEROPE_TRY_STATUS(check_room(node, name));
    if (name == kAccessAcl) return set_access_acl(caller, node, value, mode);
    if (kind == AttributeKind::opaque) return volume_.set_attribute(node, name, value, mode);
    const std::vector<FieldChange> change{{std::string(field_of_attribute(name)), from_xattr_bytes(value)}};
    return volume_.change_document(node, change, mode);
}

Status Xattrs::set_access_acl(const Caller& caller, NodeId node, std::string_view value, SetMode mode) {
    const PosixAcl acl = ASTEROPE_TRY(PosixAcl::parse(value));
    const Attr attr = ASTEROPE_TRY(volume_.getattr(node));
    AttrChange change;
    change.mode = (attr.mode & ~std::uint32_t{0777}) | acl.mode();
    if (!caller.is_root() && !caller.in_group(attr.gid)) *change.mode &= ~std::uint32_t{S_ISGID};
    if (acl.is_minimal()) {
        const Status removed = volume_.remove_attribute(node, kAccessAcl);
        if (!removed && removed.error().code != Errc::no_attribute) return removed;
    } else {
        ASTEROPE_TRY_STATUS(volume_.set_attribute(node, kAccessAcl, value, mode));
    }
    ASTEROPE_TRY(volume_.setattr(node, change));
    return {};
}

Status Xattrs::set_virtual(NodeId node, std::string_view name, std::string_view value, SetMode mode) {
    const std::string_view what = name.substr(kVirtualPrefix.size());
    const bool writable = what == "json" || what == "msgpack" || what == "patch";
    if (!writable) return fail(Errc::not_permitted);
    if (mode == SetMode::create) return fail(Errc::exists);
    if (what == "json") return replace_document(node, ASTEROPE_TRY(document_from_json(value)));
    if (what == "msgpack") return replace_document(node, ASTEROPE_TRY(document_from_msgpack(value)));
    const ConditionalPatch patch = ASTEROPE_TRY(conditional_patch_from_json(value));
    return volume_.change_document(node, patch.changes, SetMode::any, patch.if_version);
}

Status Xattrs::replace_document(NodeId node, const Document& document) {
    for (int tries = 0; tries < kReplaceTries; ++tries) {
        // The version first: a change between the two reads makes the whole try a conflict, never a mixture.
        const std::uint64_t version = ASTEROPE_TRY(volume_.getattr(node)).version;
        const auto changes = difference(ASTEROPE_TRY(volume_.document(node)), document);
        if (changes.empty()) return {};
        const Status status = volume_.change_document(node, changes, SetMode::any, version);
        if (status || status.error().code != Errc::conflict) return status;
    }
    return fail(Errc::conflict);
}

Status Xattrs::remove(NodeId node, std::string_view name) {
    switch (attribute_kind(name)) {
        case AttributeKind::virtual_:
            return fail(Errc::not_permitted);
        case AttributeKind::opaque:
            return volume_.remove_attribute(node, name);
        case AttributeKind::field:
            break;
    }
    return volume_.change_document(node, {{std::string(field_of_attribute(name)), std::nullopt}},
                                   SetMode::replace);
}

}  // namespace asterope::fs

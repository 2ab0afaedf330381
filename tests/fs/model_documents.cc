#include "tests/fs/model_volume.h"

namespace asterope {

Result<Document> ModelVolume::document(NodeId id) {
    std::lock_guard lock(mutex_);
    return ASTEROPE_TRY(find(id))->document;
}

Status ModelVolume::change_document(NodeId id, const std::vector<FieldChange>& changes, SetMode mode,
                                    std::optional<std::uint64_t> if_version) {
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    Node& node = *ASTEROPE_TRY(find(id));
    if (if_version && node.attr.version != *if_version) return fail(Errc::conflict);
    Document changed = node.document;
    for (const auto& change : changes) {
        const bool there = changed.find(change.name) != nullptr;
        if (change.value && mode == SetMode::create && there) return fail(Errc::exists);
        if (change.value && mode == SetMode::replace && !there) return fail(Errc::no_attribute);
        if (!change.value && mode != SetMode::any && !there) return fail(Errc::no_attribute);
        if (change.value) {
            changed.set(change.name, *change.value);
        } else {
            changed.erase(change.name);
        }
    }
    node.document = std::move(changed);
    node.had_fields = node.had_fields || !node.document.empty();
    touch_metadata(node);
    record(ChangeKind::document, node);
    return {};
}

Result<std::string> ModelVolume::attribute(NodeId id, std::string_view name) {
    std::lock_guard lock(mutex_);
    Node& node = *ASTEROPE_TRY(find(id));
    const auto it = node.attributes.find(name);
    if (it == node.attributes.end()) return fail(Errc::no_attribute);
    return it->second;
}

Result<std::vector<std::string>> ModelVolume::list_attributes(NodeId id) {
    std::lock_guard lock(mutex_);
    Node& node = *ASTEROPE_TRY(find(id));
    std::vector<std::string> names;
    for (const auto& [name, bytes] : node.attributes) names.push_back(name);
    return names;
}

Status ModelVolume::set_attribute(NodeId id, std::string_view name, std::string_view bytes, SetMode mode) {
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    Node& node = *ASTEROPE_TRY(find(id));
    const bool there = node.attributes.contains(name);
    if (mode == SetMode::create && there) return fail(Errc::exists);
    if (mode == SetMode::replace && !there) return fail(Errc::no_attribute);
    node.attributes.insert_or_assign(std::string(name), std::string(bytes));
    touch_metadata(node);
    record(ChangeKind::attributes, node);
    return {};
}

Status ModelVolume::remove_attribute(NodeId id, std::string_view name) {
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    Node& node = *ASTEROPE_TRY(find(id));
    const auto it = node.attributes.find(name);
    if (it == node.attributes.end()) return fail(Errc::no_attribute);
    node.attributes.erase(it);
    touch_metadata(node);
    record(ChangeKind::attributes, node);
    return {};
}

}  // namespace asterope

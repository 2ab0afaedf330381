#include "engine/core/attribute_name.h"
#include "engine/core/limits.h"
#include "engine/storage/store_volume.h"

namespace asterope::storage {

using kv::Table;

namespace {

/// Errors of XATTR_CREATE and XATTR_REPLACE.
Status check_mode(SetMode mode, bool present) {
    if (mode == SetMode::create && present) return fail(Errc::exists);
    if (mode == SetMode::replace && !present) return fail(Errc::no_attribute);
    return {};
}

void count_change(Edit& edit, NodeRecord& record, ChangeKind kind) {
    record.attr.ctime = edit.now();
    ++record.attr.version;
    edit.record(kind, record.attr.node);
}

}  // namespace

Result<Document> StoreVolume::document(NodeId node) {
    const auto now = rooms_.scope.now();
    const View view(*now);
    Document document = ASTEROPE_TRY(view.document(node));
    if (document.empty()) ASTEROPE_TRY(view.node(node));  // tells a node without a document from no node
    return document;
}

Status StoreVolume::change_document(NodeId node, const std::vector<FieldChange>& changes, SetMode mode,
                                    std::optional<std::uint64_t> if_version) {
    return rooms_.scope.run([=](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        if (if_version && *if_version != record->attr.version)
            return fail(Errc::conflict, "the file has version " + std::to_string(record->attr.version));
        const Document before = ASTEROPE_TRY(edit.view().document(node));
        Document after = before;
        for (const FieldChange& change : changes) {
            if (change.name.empty() || change.name.find('\0') != std::string::npos)
                return fail(Errc::invalid, "a field name must not be empty or contain NUL");
            ASTEROPE_TRY_STATUS(check_mode(mode, after.find(change.name) != nullptr));
            if (change.value)
                after.set(change.name, *change.value);
            else
                after.erase(change.name);
        }
        if (after == before) return {};
        if (record->attr.nlink == 0) {
            ASTEROPE_TRY_STATUS(edit.set_document(*record, before, Document()));
            return edit.unindex(*record, after);
        }
        ASTEROPE_TRY_STATUS(edit.set_document(*record, before, after));
        count_change(edit, *record, ChangeKind::document);
        return {};
    });
}

Result<std::string> StoreVolume::attribute(NodeId node, std::string_view name) {
    if (name.size() > limits::kXattrNameBytes) return fail(Errc::buffer_too_small);
    const auto now = rooms_.scope.now();
    auto bytes = ASTEROPE_TRY(View(*now).attribute(node, name));
    if (!bytes) return fail(Errc::no_attribute);
    return *std::move(bytes);
}

Result<std::vector<std::string>> StoreVolume::list_attributes(NodeId node) {
    const auto now = rooms_.scope.now();
    return View(*now).attribute_names(node);
}

Status StoreVolume::set_attribute(NodeId node, std::string_view name, std::string_view bytes, SetMode mode) {
    if (name.size() > limits::kXattrNameBytes) return fail(Errc::buffer_too_small);
    if (name.empty() || name.find('\0') != std::string_view::npos) return fail(Errc::invalid);
    if (bytes.size() > limits::kXattrValueBytes) return fail(Errc::value_too_large);
    return rooms_.scope.run([=, name = std::string(name), bytes = std::string(bytes)](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        if (mode != SetMode::any)
            ASTEROPE_TRY_STATUS(check_mode(mode, ASTEROPE_TRY(edit.view().attribute(node, name)).has_value()));
        edit.batch().put(Table::attrs, attr_key(node, name), bytes);
        if (name.starts_with(kUserPrefix)) record->had_document = true;
        count_change(edit, *record, ChangeKind::attributes);
        return {};
    });
}

Status StoreVolume::remove_attribute(NodeId node, std::string_view name) {
    if (name.size() > limits::kXattrNameBytes) return fail(Errc::buffer_too_small);
    return rooms_.scope.run([node, name = std::string(name)](Edit& edit) -> Status {
        NodeRecord* const record = ASTEROPE_TRY(edit.node(node));
        if (!ASTEROPE_TRY(edit.view().attribute(node, name))) return fail(Errc::no_attribute);
        edit.batch().erase(Table::attrs, attr_key(node, name));
        count_change(edit, *record, ChangeKind::attributes);
        return {};
    });
}

}  // namespace asterope::storage

#include "engine/storage/field_catalog.h"

#include <algorithm>
#include <mutex>

namespace asterope::storage {

Status FieldCatalog::load(const View& view) {
    Status damage;
    ASTEROPE_TRY_STATUS(view.scan(kv::Table::fields, "", "", [&](auto key, auto value) {
        const auto record = decode_field(value);
        if (!record) {
            damage = Unexpected(record.error());
            return false;
        }
        add(key, *record);
        return true;
    }));
    return damage;
}

std::optional<FieldRecord> FieldCatalog::find(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto at = fields_.find(name);
    return at == fields_.end() ? std::nullopt : std::optional(at->second);
}

void FieldCatalog::add(std::string_view name, const FieldRecord& record) {
    const std::unique_lock lock(mutex_);
    fields_.insert_or_assign(std::string(name), record);
    next_id_ = std::max(next_id_, record.id + 1);
}

std::size_t FieldCatalog::size() const {
    const std::shared_lock lock(mutex_);
    return fields_.size();
}

std::uint32_t FieldCatalog::next_id() const {
    const std::shared_lock lock(mutex_);
    return next_id_;
}

}  // namespace asterope::storage

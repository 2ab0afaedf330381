#include "engine/storage/field_catalog.h"

#include <algorithm>
#include <mutex>

namespace asterope::storage {

Status FieldCatalog::load(const View& view) {
    const std::unique_lock lock(mutex_);
    ASTEROPE_TRY_STATUS(view.scan(kv::Table::fields, "", "", [&](auto key, auto value) {
        const auto record = decode_field(value);
        if (!record) return true;  // queries find nothing of it; `check` names it
        fields_.insert_or_assign(std::string(key), *record);
        next_id_ = std::max(next_id_, record->id + 1);
        return true;
    }));
    // The number of a damaged record must not be used again while the index has entries of it.
    const auto cursor = view.reader().cursor(kv::Table::index);
    cursor->seek_last();
    if (cursor->valid() && cursor->key().size() >= 4) next_id_ = std::max(next_id_, field_of_index_key(cursor->key()) + 1);
    return {};
}

std::optional<FieldRecord> FieldCatalog::find(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto at = fields_.find(name);
    return at == fields_.end() ? std::nullopt : std::optional(at->second);
}

Result<FieldRecord> FieldCatalog::ensure(std::string_view name, query::ClassSet classes) {
    if (const auto known = find(name); known && (classes & ~known->primary_classes) == 0) return *known;
    const std::unique_lock lock(mutex_);
    const auto known = fields_.find(name);
    FieldRecord record = known == fields_.end() ? FieldRecord{next_id_, {}} : known->second;
    record.primary_classes |= classes;
    if (known != fields_.end() && record.primary_classes == known->second.primary_classes) return record;
    if (store_ == nullptr) return fail(Errc::read_only);
    kv::Batch batch;
    batch.put(kv::Table::fields, name, encode(record));
    ASTEROPE_TRY(store_->commit(std::move(batch)));
    next_id_ = std::max(next_id_, record.id + 1);
    fields_.insert_or_assign(std::string(name), record);
    return record;
}

std::size_t FieldCatalog::size() const {
    const std::shared_lock lock(mutex_);
    return fields_.size();
}

}  // namespace asterope::storage

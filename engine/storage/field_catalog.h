#pragma once

#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "engine/storage/view.h"

namespace asterope::storage {

/// The fields that documents of a store have had: name -> id and declared type. Mirrors the fields table.
/// Threads: any.
class FieldCatalog {
  public:
    /// `store`: where new fields are kept; nullptr for a catalog that only reads.
    explicit FieldCatalog(kv::Store* store) : store_(store) {}
    Status load(const View& view);
    std::optional<FieldRecord> find(std::string_view name) const;
    /// The field's record, with `classes` among its primary classes. What is new of it is committed by itself at once, so that an
    /// id means the same field to every transaction, and no state has a value of a class that is not known here.
    /// Errors: read_only · no_space · io
    Result<FieldRecord> ensure(std::string_view name, query::ClassSet classes);
    std::size_t size() const;

  private:
    kv::Store* store_;
    mutable std::shared_mutex mutex_;
    std::map<std::string, FieldRecord, std::less<>> fields_;
    std::uint32_t next_id_ = 1;
};

}  // namespace asterope::storage

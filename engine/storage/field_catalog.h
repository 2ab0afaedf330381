#pragma once

#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "engine/storage/view.h"

namespace asterope::storage {

/// The fields that documents of a store have had: name -> id and declared type. Mirrors the fields table.
/// Threads: any. Entries are added by the one writer, after the batch that stores them is committed.
class FieldCatalog {
  public:
    Status load(const View& view);
    std::optional<FieldRecord> find(std::string_view name) const;
    void add(std::string_view name, const FieldRecord& record);
    std::size_t size() const;
    /// The id that the next new field gets.
    std::uint32_t next_id() const;

  private:
    mutable std::shared_mutex mutex_;
    std::map<std::string, FieldRecord, std::less<>> fields_;
    std::uint32_t next_id_ = 1;
};

}  // namespace asterope::storage

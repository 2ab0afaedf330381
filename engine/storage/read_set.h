#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "engine/storage/recent_writes.h"

namespace asterope::storage {

/// What a serializable transaction has read: keys, and ranges that cursors walked over, where something new would show.
/// Threads: any.
class ReadSet {
  public:
    void add(std::string key);
    /// A range that still grows. Lifetime: this.
    KeyRange* add_range();
    /// Whether something of it was written after `since`. A field that was missing when it was read is the range of its
    /// index entries, if `fields` has it by now: its own record is committed before anything is.
    bool written_since(const RecentWrites& recent, Sequence since, const FieldCatalog& fields) const;

  private:
    friend class TrackingCursor;
    mutable std::mutex mutex_;  ///< guards what follows and the ranges
    std::unordered_set<std::string> keys_;
    std::list<KeyRange> ranges_;
};

/// `reader`, with everything that is read from it noted in `reads`.
std::shared_ptr<const kv::Reader> tracked(std::shared_ptr<const kv::Reader> reader, std::shared_ptr<ReadSet> reads);

}  // namespace asterope::storage

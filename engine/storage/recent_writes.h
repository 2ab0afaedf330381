#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "engine/storage/edit.h"

namespace asterope::storage {

/// A key of any table, in one order: the table's number as a byte, then the key.
std::string global_key(kv::Table table, std::string_view key);

/// Everything from `begin` to `end`, both included; an empty `end` is the end of the table.
struct KeyRange {
    std::string begin, end;  ///< global keys
};

/// Calls `visit` with the global key of everything that `outcome` changes and that others could have read or may not
/// change at the same time. What every change touches (times of directories, counters, the feed) is left out.
void for_each_written_key(const Outcome& outcome, const std::function<void(std::string)>& visit);

/// Which keys were written lately, by whom it concerns: transactions that began before.
/// Threads: one at a time.
class RecentWrites {
  public:
    void add(Sequence sequence, const Outcome& outcome);
    /// Nobody asks about the time before now any more.
    void clear() { latest_.clear(); forgotten_ = Sequence{}; }

    /// True also when it is no longer known.
    bool written_since(const std::string& key, Sequence since) const;
    bool written_since(const KeyRange& range, Sequence since) const;

  private:
    std::map<std::string, Sequence, std::less<>> latest_;
    Sequence forgotten_{};  ///< what was written up to it is not known any more
};

}  // namespace asterope::storage

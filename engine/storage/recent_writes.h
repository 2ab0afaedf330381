#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/storage/edit.h"

namespace asterope::storage {

/// A key of any table, in one order: the table's number as a byte, then the key.
std::string global_key(kv::Table table, std::string_view key);

/// Stands for what is in a directory. Changes of that alone do not conflict with each other.
std::string directory_key(NodeId dir);

/// Everything from `begin` to `end`, both included; an empty `end` is the end of the table.
struct KeyRange {
    std::string begin, end;  ///< global keys
};

/// Calls `visit` with the global key of everything that `outcome` changes and that others could have read or may not
/// change at the same time. What every change touches (times of directories, counters, the feed) and what follows from the rest (checksums) is left out.
void for_each_written_key(const Outcome& outcome, const std::function<void(std::string)>& visit);

/// Which keys were written lately, by whom it concerns: transactions that began before.
/// Threads: one at a time.
class RecentWrites {
  public:
    void add(Sequence sequence, const Outcome& outcome);
    /// Nobody asks about the time before now any more.
    void clear() { forget_all(Sequence{}); }

    /// True also when it is no longer known.
    bool written_since(const std::string& key, Sequence since) const;
    bool written_since(const KeyRange& range, Sequence since) const;
    /// Whether any of `keys` was. Takes as long as what was written since is much.
    bool any_written_since(const std::set<std::string>& keys, Sequence since) const;

  private:
    void forget_all(Sequence until);

    std::map<std::string, Sequence, std::less<>> latest_;
    std::vector<std::pair<Sequence, const std::string*>> order_;  ///< of writing; the keys are those of latest_
    Sequence forgotten_{};  ///< what was written up to it is not known any more
};

}  // namespace asterope::storage

#include "engine/storage/recent_writes.h"

#include "engine/core/limits.h"
#include "engine/storage/kv/batch.h"

namespace asterope::storage {

using kv::Table;

std::string global_key(Table table, std::string_view key) {
    std::string global(1, static_cast<char>(table));
    return global.append(key);
}

void for_each_written_key(const Outcome& outcome, const std::function<void(std::string)>& visit) {
    kv::OperationReader operations(outcome.batch.encoded());
    for (kv::Operation operation; operations.next(operation);) {
        switch (operation.table) {
            case Table::meta:
            case Table::orphans:
            case Table::changes: continue;
            case Table::nodes:
                if (!outcome.written_nodes.contains(NodeId{u64_of(operation.key)})) continue;
                break;
            default: break;
        }
        visit(global_key(operation.table, operation.key));
    }
}

void RecentWrites::add(Sequence sequence, const Outcome& outcome) {
    if (latest_.size() > limits::kRecentWrites) {
        latest_.clear();
        forgotten_ = sequence;
        return;
    }
    for_each_written_key(outcome, [&](std::string key) { latest_.insert_or_assign(std::move(key), sequence); });
}

bool RecentWrites::written_since(const std::string& key, Sequence since) const {
    if (since < forgotten_) return true;
    const auto at = latest_.find(key);
    return at != latest_.end() && at->second > since;
}

bool RecentWrites::written_since(const KeyRange& range, Sequence since) const {
    if (since < forgotten_) return true;
    const char table = range.begin.front();
    for (auto at = latest_.lower_bound(range.begin); at != latest_.end() && at->first.front() == table; ++at) {
        if (!range.end.empty() && at->first > range.end) break;
        if (at->second > since) return true;
    }
    return false;
}

}  // namespace asterope::storage

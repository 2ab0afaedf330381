#include "engine/storage/recent_writes.h"

#include <algorithm>

#include "engine/core/limits.h"
#include "engine/storage/kv/batch.h"

namespace asterope::storage {

using kv::Table;

std::string global_key(Table table, std::string_view key) {
    std::string global(1, static_cast<char>(table));
    return global.append(key);
}

std::string directory_key(NodeId dir) {
    std::string key(1, static_cast<char>(kv::kTableCount));
    return key.append(node_key(dir));
}

void for_each_written_key(const Outcome& outcome, const std::function<void(std::string)>& visit) {
    kv::OperationReader operations(outcome.batch.encoded());
    for (kv::Operation operation; operations.next(operation);) {
        switch (operation.table) {
            case Table::meta:
            case Table::orphans:
            case Table::changes:
            case Table::checksums: continue;
            case Table::nodes:
                if (!outcome.written_nodes.contains(NodeId{u64_of(operation.key)})) continue;
                break;
            default: break;
        }
        visit(global_key(operation.table, operation.key));
    }
}

void RecentWrites::add(Sequence sequence, const Outcome& outcome) {
    if (order_.size() > limits::kRecentWrites) return forget_all(sequence);
    const auto note = [&](std::string key) {
        const auto at = latest_.insert_or_assign(std::move(key), sequence).first;
        order_.emplace_back(sequence, &at->first);
    };
    for_each_written_key(outcome, note);
    for (const NodeId dir : outcome.touched_directories) note(directory_key(dir));
}

void RecentWrites::forget_all(Sequence until) {
    latest_.clear();
    order_.clear();
    forgotten_ = until;
}

bool RecentWrites::any_written_since(const std::set<std::string>& keys, Sequence since) const {
    if (since < forgotten_) return true;
    const auto first = std::partition_point(order_.begin(), order_.end(), [&](const auto& write) { return write.first <= since; });
    return std::any_of(first, order_.end(), [&](const auto& write) { return keys.contains(*write.second); });
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

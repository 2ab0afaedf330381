#include "engine/storage/transaction.h"

namespace asterope::storage {

Status LocalTransaction::commit() {
    for (const auto& content : view_.open_nodes().all()) ASTEROPE_TRY_STATUS(content->commit(false));
    for (bool again = true; again;) ASTEROPE_TRY_STATUS(commit_once(again));
    return {};
}

/// Whoever has a file open outside sees its new content at once. `again`: somebody opened one meanwhile.
Status LocalTransaction::commit_once(bool& again) {
    const std::set<NodeId> changed = scope_->changed_contents();
    std::map<NodeId, std::shared_ptr<Content>> open;
    for (const NodeId node : changed)
        if (auto content = open_outside_.find(node)) open.emplace(node, std::move(content));
    // What was written outside comes first: the transaction will not get past it.
    for (const auto& [node, content] : open) ASTEROPE_TRY_STATUS(content->commit(false));
    std::vector<std::unique_lock<std::shared_mutex>> locks;  // in the order of nodes
    for (const auto& [node, content] : open) locks.push_back(content->lock());

    again = false;
    const Status committed = scope_->commit([&]() -> Status {
        for (const NodeId node : changed) again = again || (open_outside_.is_open(node) && !open.contains(node));
        return again ? Status(fail(Errc::busy)) : Status{};
    });
    if (again) return {};
    ASTEROPE_TRY_STATUS(committed);
    return open_outside_.reload(open);
}

}  // namespace asterope::storage

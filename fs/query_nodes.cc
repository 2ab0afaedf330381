#include "fs/query_nodes.h"

#include <algorithm>

namespace asterope::fs {

QueryNodes::QueryNodes() {
    const auto fixed = [&](NodeId id, QueryKind kind, NodeId parent) {
        known_[id].node = std::make_shared<QueryNode>(QueryNode{.kind = kind, .parent = parent, .name = {}});
    };
    fixed(kQueryRoot, QueryKind::root, kRootNode);
    fixed(kReadmeNode, QueryKind::readme, kQueryRoot);
    fixed(kSavedNode, QueryKind::saved, kQueryRoot);
}

Result<std::shared_ptr<const QueryNode>> QueryNodes::find(NodeId node) const {
    std::lock_guard lock(mutex_);
    const auto it = known_.find(node);
    if (it == known_.end()) return fail(Errc::stale);
    return it->second.node;
}

NodeId QueryNodes::intern(std::string_view name, QueryNode made) {
    std::lock_guard lock(mutex_);
    const Place place{made.parent, name};
    const auto [it, fresh] = places_.try_emplace(place, NodeId{});
    if (fresh) it->second = NodeId{++last_};
    Known& known = known_[it->second];
    known.node = std::make_shared<const QueryNode>(std::move(made));
    known.place = place;
    known.lookups++;
    return it->second;
}

void QueryNodes::forget(NodeId node, std::uint64_t count) {
    std::lock_guard lock(mutex_);
    const auto it = known_.find(node);
    if (it == known_.end() || it->second.lookups == 0) return;  // the fixed ones are not counted
    Known& known = it->second;
    known.lookups -= std::min(known.lookups, count);
    if (known.lookups != 0) return;
    places_.erase(known.place);
    known_.erase(it);
}

std::size_t QueryNodes::size() const {
    std::lock_guard lock(mutex_);
    return known_.size();
}

}  // namespace asterope::fs

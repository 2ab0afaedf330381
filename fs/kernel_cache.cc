#include "fs/kernel_cache.h"

namespace asterope::fs {

Stale stale_after(std::span<const Change> changes) {
    Stale stale;
    for (const Change& change : changes) {
        (change.kind == ChangeKind::content ? stale.nodes : stale.attributes).insert(change.node);
        for (const Link* link : {&change.at, change.from ? &*change.from : nullptr}) {
            if (link == nullptr || link->name.empty()) continue;
            stale.nodes.insert(link->parent);
            stale.names.push_back(*link);
        }
    }
    return stale;
}

}  // namespace asterope::fs

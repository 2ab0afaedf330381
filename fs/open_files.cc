#include "fs/open_files.h"

#include <mutex>

namespace asterope::fs {

HandleId OpenFiles::add(std::shared_ptr<OpenFile> open) {
    {
        std::unique_lock lock(mutex_);
        by_node_.emplace(open->node, open);
    }
    return table_.add(std::move(open));
}

void OpenFiles::gained_privileges(NodeId node) const {
    std::shared_lock lock(mutex_);
    const auto [begin, end] = by_node_.equal_range(node);
    for (auto it = begin; it != end; ++it) it->second->is_unprivileged = false;
}

void OpenFiles::remove(HandleId id) {
    const auto open = table_.remove(id);  // declared before the lock: the File's last commit runs without it
    if (!open) return;
    std::unique_lock lock(mutex_);
    const auto [begin, end] = by_node_.equal_range(open->node);
    for (auto it = begin; it != end; ++it) {
        if (it->second != open) continue;
        by_node_.erase(it);
        break;
    }
}

void OpenFiles::clear() {
    {
        std::unique_lock lock(mutex_);
        by_node_.clear();
    }
    table_.clear();
}

std::shared_ptr<OpenFile> OpenFiles::any_of(NodeId node) const {
    std::shared_lock lock(mutex_);
    const auto it = by_node_.find(node);
    return it == by_node_.end() ? nullptr : it->second;
}

Result<Attr> OpenFiles::getattr(NodeId node) const {
    if (const auto open = any_of(node)) return open->file->getattr();
    return volume_.getattr(node);
}

Attr OpenFiles::current(const Attr& attr) const {
    if (attr.type != NodeType::file) return attr;
    const auto open = any_of(attr.node);
    if (!open) return attr;
    return open->file->getattr().value_or(attr);
}

}  // namespace asterope::fs

#include "engine/storage/open_nodes.h"

namespace asterope::storage {

Result<OpenNodes::Acquired> OpenNodes::acquire(NodeId node) {
    Acquired acquired;
    bool first = false;
    // Under the writer's lock, so that an unlink sees the node open or this sees it gone.
    Status opened = rooms_.scope.exclusively([&](const View& view) -> Status {
        const NodeRecord record = ASTEROPE_TRY(view.node(node));
        if (record.attr.type == NodeType::directory) return fail(Errc::is_dir);
        if (record.attr.type != NodeType::file) return fail(Errc::invalid, "only a regular file has content to open");
        const std::lock_guard lock(mutex_);
        Entry& entry = entries_[raw(node)];
        if (!entry.content) entry.content = std::make_shared<Content>(rooms_, node);
        acquired.content = entry.content;
        acquired.alone = first = ++entry.users == 1;
        // Whoever comes next must wait until this content is loaded.
        if (first) return entry.content->load(record);
        return {};
    });
    if (!opened) {
        if (first) leave(node);
        return Unexpected(opened.error());
    }
    return acquired;
}

Status OpenNodes::release(const std::shared_ptr<Content>& content) {
    const NodeId node = content->node();
    Status committed = content->commit(false);
    if (leave_to_others(node)) return committed;
    committed = content->commit(true);
    if (content->may_be_written()) {
        const std::lock_guard lock(mutex_);
        mapped_.push_back(content);
        return committed;
    }
    bool nameless = false;
    // Under the lock of changes, as in acquire.
    const Status left = rooms_.scope.exclusively([&](const View& view) -> Status {
        if (leave(node)) nameless = ASTEROPE_TRY(view.node(node)).attr.nlink == 0;
        return {};
    });
    if (!nameless) return !committed || left || left.error().code == Errc::not_found ? committed : left;
    Status forgotten = rooms_.scope.forget(node);
    return committed ? forgotten : committed;
}

void OpenNodes::release_mapped(bool at_once) {
    std::vector<std::shared_ptr<Content>> waiting;
    {
        const std::lock_guard lock(mutex_);
        waiting.swap(mapped_);
    }
    for (const auto& content : waiting) {
        if (at_once) content->stop_lending();
        (void)release(content);
    }
}

bool OpenNodes::leave_to_others(NodeId node) {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(raw(node));
    if (at == entries_.end() || at->second.users < 2) return false;
    --at->second.users;
    return true;
}

bool OpenNodes::leave(NodeId node) {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(raw(node));
    if (at == entries_.end() || --at->second.users > 0) return false;
    entries_.erase(at);
    return true;
}

std::shared_ptr<Content> OpenNodes::find(NodeId node) const {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(raw(node));
    return at == entries_.end() ? nullptr : at->second.content;
}

Status OpenNodes::reload(const std::map<NodeId, std::shared_ptr<Content>>& contents) {
    const auto now = rooms_.scope.now();
    for (const auto& [node, content] : contents) {
        const auto record = View(*now).node(node);
        if (record) ASTEROPE_TRY_STATUS(content->load(*record));
        else if (record.error().code != Errc::not_found) return Unexpected(record.error());
    }
    return {};
}

std::vector<std::shared_ptr<Content>> OpenNodes::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Content>> contents;
    for (const auto& [node, entry] : entries_) contents.push_back(entry.content);
    return contents;
}

}  // namespace asterope::storage

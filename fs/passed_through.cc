#include "fs/passed_through.h"

namespace asterope::fs {

std::shared_ptr<PassedThrough::Open> PassedThrough::enter(NodeId node) {
    const std::lock_guard lock(mutex_);
    auto& open = open_[node];
    if (!open) open = std::make_shared<Open>();
    ++open->count;
    return open;
}

Result<std::optional<std::uint32_t>> PassedThrough::opened(NodeId node, File& file, bool may_begin) {
    if (kernel_ == nullptr) return std::nullopt;
    const auto open = enter(node);
    const std::lock_guard lock(open->mutex);
    if (!open->decided) {
        if (may_begin && is_taken_) open->backing_id = begin(file);
        open->decided = true;
    } else if (open->backing_id) {
        // The same file again, but the volume must know of every use.
        if (const auto lent = file.lend(); !lent) {
            closed(node);
            return Unexpected(lent.error());
        }
    }
    return open->backing_id;
}

std::optional<std::uint32_t> PassedThrough::begin(File& file) {
    const auto lent = file.lend();
    if (!lent || !*lent) return std::nullopt;
    const auto backing_id = kernel_->register_file(**lent);
    if (!backing_id) is_taken_ = false;
    return backing_id;
}

void PassedThrough::closed(NodeId node) {
    if (kernel_ == nullptr) return;
    const std::lock_guard lock(mutex_);
    const auto at = open_.find(node);
    if (at == open_.end() || --at->second->count > 0) return;
    const auto open = at->second;
    open_.erase(at);
    if (open->backing_id) kernel_->forget_file(*open->backing_id);
}

}  // namespace asterope::fs

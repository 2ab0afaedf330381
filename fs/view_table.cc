#include "fs/view_table.h"

#include <algorithm>

namespace asterope::fs {
namespace {

constexpr std::uint16_t kFirstId = 2;  ///< after those of the mount itself
constexpr std::uint16_t kLastId = (1u << kViewBits) - 1;

bool is_counted(ViewId id) {
    return id != kMainView && id != kViewTree;
}

}  // namespace

Result<ViewId> ViewTable::free_id() {
    if (known_.size() >= kLastId - kFirstId)
        return fail(Errc::limit, "too many transactions and snapshots are known");
    do {
        last_ = last_ == kLastId ? kFirstId : static_cast<std::uint16_t>(last_ + 1);
    } while (known_.contains(ViewId{last_}));
    return ViewId{last_};
}

Result<ViewTable::Entered> ViewTable::enter(const std::shared_ptr<Volume>& volume, const Options& options) {
    const std::lock_guard lock(mutex_);
    auto at = by_volume_.find(volume.get());
    if (at == by_volume_.end()) {
        const ViewId id = ASTEROPE_TRY(free_id());
        known_[id].view = std::make_shared<View>(volume, options);
        at = by_volume_.emplace(volume.get(), id).first;
    }
    Known& known = known_[at->second];
    ++known.lookups;
    return Entered{at->second, known.view};
}

Result<std::shared_ptr<View>> ViewTable::find_view(ViewId id) const {
    if (id == kMainView) return main_;
    const std::lock_guard lock(mutex_);
    const auto at = known_.find(id);
    if (at == known_.end() || !at->second.view) return fail(Errc::stale);
    return at->second.view;
}

void ViewTable::remember(NodeId node) {
    if (!is_counted(view_of(node))) return;
    const std::lock_guard lock(mutex_);
    if (const auto at = known_.find(view_of(node)); at != known_.end()) ++at->second.lookups;
}

void ViewTable::forget(NodeId node, std::uint64_t count) {
    if (!is_counted(view_of(node))) return;
    std::shared_ptr<View> unused;  // goes after the lock: closing a view may take long
    const std::lock_guard lock(mutex_);
    const auto at = known_.find(view_of(node));
    if (at == known_.end()) return;
    at->second.lookups -= std::min(at->second.lookups, count);
    if (at->second.lookups != 0) return;
    unused = std::move(at->second.view);
    if (unused) by_volume_.erase(&unused->volume());
    known_.erase(at);
}

void ViewTable::end(const Volume& volume) {
    std::shared_ptr<View> ended;
    const std::lock_guard lock(mutex_);
    const auto at = by_volume_.find(&volume);
    if (at == by_volume_.end()) return;
    ended = std::move(known_[at->second].view);
    by_volume_.erase(at);
}

bool ViewTable::in_use(const Volume& volume) const {
    const std::lock_guard lock(mutex_);
    const auto at = by_volume_.find(&volume);
    return at != by_volume_.end() && known_.at(at->second).view->open_count() != 0;
}

std::size_t ViewTable::open_count() const {
    const std::lock_guard lock(mutex_);
    std::size_t count = main_->open_count();
    for (const auto& [id, known] : known_) count += known.view ? known.view->open_count() : 0;
    return count;
}

void ViewTable::close_all() {
    main_->close_all();
    std::unordered_map<ViewId, Known> closing;  // their views close what they have open, without the lock
    const std::lock_guard lock(mutex_);
    closing.swap(known_);
    by_volume_.clear();
}

}  // namespace asterope::fs

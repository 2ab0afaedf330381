#include "engine/storage/ids.h"

#include <algorithm>

#include "engine/storage/view.h"

namespace asterope::storage {

Status IdSource::start() {
    const auto snapshot = store_.snapshot();
    const std::lock_guard lock(mutex_);
    next_ = limit_ = std::max(ASTEROPE_TRY(View(*snapshot).number("id_limit")), raw(kRootNode) + 1);
    return {};
}

Result<std::uint64_t> IdSource::next() {
    const std::lock_guard lock(mutex_);
    if (next_ == limit_) {
        kv::Batch reservation;
        reservation.put(kv::Table::meta, "id_limit", u64_key(limit_ + kBlock));
        reservation.may_use_reserve();  // renaming must work on a full disk, and this is small
        ASTEROPE_TRY(store_.commit(std::move(reservation)));
        limit_ += kBlock;
    }
    return next_++;
}

std::uint64_t IdSource::mark() const {
    const std::lock_guard lock(mutex_);
    return next_;
}

}  // namespace asterope::storage

#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "engine/core/result.h"
#include "fs/types.h"

namespace asterope::fs {

/// Open things by number, so that nothing of the kernel's is ever taken for a pointer and all is closed at the end.
/// Threads: any. What find() gave stays alive while the caller holds it, even after remove().
template <class T>
class HandleTable {
  public:
    /// Gives the numbers first, first + step, …: tables whose numbers must differ share a step.
    explicit HandleTable(std::uint64_t first = 1, std::uint64_t step = 1) : next_(first), step_(step) {}

    HandleId add(std::shared_ptr<T> open) {
        std::unique_lock lock(mutex_);
        const HandleId id{next_};
        next_ += step_;
        open_.emplace(id, std::move(open));
        return id;
    }
    /// Errors: bad_handle
    Result<std::shared_ptr<T>> find(HandleId id) const {
        std::shared_lock lock(mutex_);
        const auto it = open_.find(id);
        if (it == open_.end()) return fail(Errc::bad_handle);
        return it->second;
    }
    /// nullptr when there is none.
    std::shared_ptr<T> remove(HandleId id) {
        std::unique_lock lock(mutex_);
        const auto it = open_.find(id);
        if (it == open_.end()) return nullptr;
        auto open = std::move(it->second);
        open_.erase(it);
        return open;
    }
    void clear() {
        std::unordered_map<HandleId, std::shared_ptr<T>> closing;
        std::unique_lock lock(mutex_);
        closing.swap(open_);
        lock.unlock();
    }
    std::size_t size() const {
        std::shared_lock lock(mutex_);
        return open_.size();
    }

  private:
    mutable std::shared_mutex mutex_;
    std::unordered_map<HandleId, std::shared_ptr<T>> open_;
    std::uint64_t next_;
    const std::uint64_t step_;
};

}  // namespace asterope::fs

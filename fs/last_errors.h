#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace asterope::fs {

/// Why the last expression of each user was refused: what user.asterope.error of the query directory answers.
/// Threads: any.
class LastErrors {
  public:
    void set(std::uint32_t uid, std::string text) {
        std::lock_guard lock(mutex_);
        if (texts_.size() >= kUsersMax && !texts_.contains(uid)) texts_.erase(texts_.begin());
        texts_.insert_or_assign(uid, std::move(text));
    }
    std::optional<std::string> get(std::uint32_t uid) const {
        std::lock_guard lock(mutex_);
        const auto it = texts_.find(uid);
        if (it == texts_.end()) return std::nullopt;
        return it->second;
    }

  private:
    static constexpr std::size_t kUsersMax = 1024;
    mutable std::mutex mutex_;
    std::unordered_map<std::uint32_t, std::string> texts_;
};

}  // namespace asterope::fs

#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace asterope {

/// Who makes changes: a mount, say. Whoever watches a volume is told of the changes of others only (Volume::watch).
/// Source: the thread that makes them says so by an OriginScope.
enum class Origin : std::uint64_t { unknown = 0 };

/// One that nobody else in this process has.
inline Origin new_origin() {
    static std::atomic<std::uint64_t> last = 0;
    return Origin{++last};
}

/// While it lives, what its thread changes is of `origin`.
class OriginScope {
  public:
    explicit OriginScope(Origin origin) : before_(std::exchange(now_, origin)) {}
    ~OriginScope() { now_ = before_; }
    OriginScope(const OriginScope&) = delete;
    OriginScope& operator=(const OriginScope&) = delete;

    static Origin current() { return now_; }

  private:
    const Origin before_;
    inline static thread_local Origin now_ = Origin::unknown;
};

}  // namespace asterope

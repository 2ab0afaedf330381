#include "engine/storage/watchers.h"

#include <mutex>

namespace asterope::storage {

class Watchers::Entry final : public ChangeWatch {
  public:
    Entry(Watchers& all, std::list<Watcher>::iterator at) : all_(all), at_(at) {}
    ~Entry() override {
        const std::unique_lock lock(all_.mutex_);
        all_.watchers_.erase(at_);
    }

  private:
    Watchers& all_;
    const std::list<Watcher>::iterator at_;
};

std::unique_ptr<ChangeWatch> Watchers::add(Origin own, ChangeCallback changed) {
    const std::unique_lock lock(mutex_);
    watchers_.push_back({own, std::move(changed)});
    return std::make_unique<Entry>(*this, std::prev(watchers_.end()));
}

void Watchers::tell(Origin origin, std::span<const Change> changes) const {
    if (changes.empty()) return;
    const std::shared_lock lock(mutex_);
    for (const Watcher& watcher : watchers_)
        if (watcher.own != origin || origin == Origin::unknown) watcher.changed(changes);
}

}  // namespace asterope::storage

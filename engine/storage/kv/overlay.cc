#include "engine/storage/kv/overlay.h"

#include "engine/storage/kv/merged_cursor.h"
#include "engine/storage/kv/snapshot.h"

namespace asterope::kv {
namespace {

constexpr std::size_t kExpectedBytes = 1u << 20;

class OverlaidView final : public Reader {
  public:
    OverlaidView(std::shared_ptr<const SnapshotView> base, std::shared_ptr<const WriteBuffer> own, std::uint64_t sequence)
        : base_(std::move(base)), own_(std::move(own)), sequence_(sequence) {}

    Result<std::optional<std::string_view>> get(Table table, std::string_view key) const override {
        const SkipList::Entry* const entry = own_->list(table).find(key, sequence_);
        if (entry == nullptr || entry->key() != key) return base_->get(table, key);
        return entry->erased ? std::optional<std::string_view>() : std::optional(entry->value());
    }
    std::unique_ptr<Cursor> cursor(Table table) const override {
        return base_->cursor_below(table, &own_->list(table), sequence_);
    }

  private:
    std::shared_ptr<const SnapshotView> base_;
    std::shared_ptr<const WriteBuffer> own_;
    std::uint64_t sequence_;
};

}  // namespace

Overlay::Overlay() : buffer_(std::make_shared<WriteBuffer>(kExpectedBytes)) {}

void Overlay::apply(const Batch& batch) {
    const Status applied = buffer_->apply(sequence_ + 1, batch.encoded());
    ASTEROPE_CHECK(applied.has_value());
    bytes_ = buffer_->bytes();
    ++sequence_;
}

std::shared_ptr<const Reader> Overlay::over(std::shared_ptr<const Snapshot> base) const {
    auto view = std::dynamic_pointer_cast<const SnapshotView>(std::move(base));
    ASTEROPE_CHECK(view != nullptr);
    return std::make_shared<OverlaidView>(std::move(view), buffer_, sequence_);
}

}  // namespace asterope::kv

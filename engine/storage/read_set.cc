#include "engine/storage/read_set.h"

namespace asterope::storage {

using kv::Table;

namespace {

/// All index entries of a field. No entry is as short as the end.
KeyRange index_range(std::uint32_t field) {
    return {global_key(Table::index, field_prefix(field)), global_key(Table::index, field_prefix(field + 1))};
}

}  // namespace

void ReadSet::add(std::string key) {
    const std::lock_guard lock(mutex_);
    keys_.insert(std::move(key));
}

KeyRange* ReadSet::add_range() {
    const std::lock_guard lock(mutex_);
    return &ranges_.emplace_back();
}

bool ReadSet::written_since(const RecentWrites& recent, Sequence since, const FieldCatalog& fields) const {
    const std::lock_guard lock(mutex_);
    for (const std::string& key : keys_) {
        if (key.front() == static_cast<char>(Table::fields)) {
            const auto field = fields.find(std::string_view(key).substr(1));
            if (field && recent.written_since(index_range(field->id), since)) return true;
        } else if (recent.written_since(key, since)) {
            return true;
        }
    }
    for (const KeyRange& range : ranges_)
        if (!range.begin.empty() && recent.written_since(range, since)) return true;
    return false;
}

/// Each seek begins a range, which grows with every step to where the cursor stands.
class TrackingCursor final : public kv::Cursor {
  public:
    TrackingCursor(std::unique_ptr<kv::Cursor> cursor, std::shared_ptr<ReadSet> reads, Table table)
        : cursor_(std::move(cursor)), reads_(std::move(reads)), table_(table) {}

    bool valid() const override { return cursor_->valid(); }
    std::string_view key() const override { return cursor_->key(); }
    std::string_view value() const override { return cursor_->value(); }
    Status status() const override { return cursor_->status(); }

    void seek(std::string_view key) override {
        cursor_->seek(key);
        begin(global_key(table_, key), global_key(table_, key));
        grow_up();
    }
    void seek_before(std::string_view key) override {
        cursor_->seek_before(key);
        begin(global_key(table_, key), global_key(table_, key));
        grow_down();
    }
    void seek_last() override {
        cursor_->seek_last();
        begin(global_key(table_, valid() ? cursor_->key() : std::string_view()), {});
    }
    void next() override {
        cursor_->next();
        grow_up();
    }
    void prev() override {
        cursor_->prev();
        grow_down();
    }

  private:
    void begin(std::string from, std::string to) {
        range_ = reads_->add_range();
        const std::lock_guard lock(reads_->mutex_);
        range_->begin = std::move(from);
        range_->end = std::move(to);
    }
    void grow_up() {
        const std::lock_guard lock(reads_->mutex_);
        if (range_ == nullptr || range_->end.empty()) return;
        if (!valid())
            range_->end.clear();
        else if (std::string here = global_key(table_, cursor_->key()); here > range_->end)
            range_->end = std::move(here);
    }
    void grow_down() {
        const std::lock_guard lock(reads_->mutex_);
        if (range_ == nullptr) return;
        std::string here = global_key(table_, valid() ? cursor_->key() : std::string_view());
        if (here < range_->begin) range_->begin = std::move(here);
    }

    std::unique_ptr<kv::Cursor> cursor_;
    std::shared_ptr<ReadSet> reads_;
    Table table_;
    KeyRange* range_ = nullptr;
};

namespace {

class TrackingReader final : public kv::Reader {
  public:
    TrackingReader(std::shared_ptr<const kv::Reader> reader, std::shared_ptr<ReadSet> reads)
        : reader_(std::move(reader)), reads_(std::move(reads)) {}

    Result<std::optional<std::string_view>> get(Table table, std::string_view key) const override {
        reads_->add(global_key(table, key));
        return reader_->get(table, key);
    }
    std::unique_ptr<kv::Cursor> cursor(Table table) const override {
        return std::make_unique<TrackingCursor>(reader_->cursor(table), reads_, table);
    }

  private:
    std::shared_ptr<const kv::Reader> reader_;
    std::shared_ptr<ReadSet> reads_;
};

}  // namespace

std::shared_ptr<const kv::Reader> tracked(std::shared_ptr<const kv::Reader> reader, std::shared_ptr<ReadSet> reads) {
    return std::make_shared<TrackingReader>(std::move(reader), std::move(reads));
}

}  // namespace asterope::storage

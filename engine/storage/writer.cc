#include "engine/storage/writer.h"

namespace asterope::storage {

Status Writer::start() {
    const auto snapshot = store_.snapshot();
    ids_.start(std::max<std::uint64_t>(ASTEROPE_TRY(View(*snapshot).number("id_limit")), raw(kRootNode) + 1));
    const auto cursor = snapshot->cursor(kv::Table::changes);
    cursor->seek_last();
    if (cursor->valid()) next_change_ = u64_of(cursor->key()) + 1;
    return cursor->status();
}

Result<Sequence> Writer::apply(const std::function<Status(Edit&)>& change) {
    const std::lock_guard lock(mutex_);
    const auto before = store_.snapshot();
    Edit edit(*before, ids_, fields_);
    if (Status done = change(edit); !done) {
        ids_.discard();
        return Unexpected(std::move(done).error());
    }
    auto committed = commit(edit);
    if (!committed) ids_.discard();
    return committed;
}

Result<Sequence> Writer::commit(Edit& edit) {
    const std::uint64_t events = edit.finish(next_change_);
    if (edit.batch().empty()) return store_.last_sequence();
    const Sequence sequence = ASTEROPE_TRY(store_.commit(std::move(edit.batch())));
    for (const auto& [name, record] : edit.new_fields()) fields_.add(name, record);
    {
        const std::lock_guard lock(feed_mutex_);
        next_change_ += events;
        for (const BlobId blob : edit.dropped_blobs()) dropped_.push_back({blob, sequence});
    }
    if (events != 0) feed_grew_.notify_all();
    return sequence;
}

Status Writer::exclusively(const std::function<Status(const View&)>& action) {
    const std::lock_guard lock(mutex_);
    const auto now = store_.snapshot();
    return action(View(*now));
}

Sequence Writer::last_change() const {
    const std::lock_guard lock(feed_mutex_);
    return Sequence{next_change_ - 1};
}

void Writer::wait_for_change(Sequence since, std::chrono::milliseconds wait) {
    std::unique_lock lock(feed_mutex_);
    feed_grew_.wait_for(lock, wait, [&] { return next_change_ - 1 > raw(since); });
}

std::vector<Writer::DroppedBlob> Writer::take_dropped_blobs() {
    const std::lock_guard lock(feed_mutex_);
    return std::exchange(dropped_, {});
}

void Writer::give_back(std::vector<DroppedBlob> blobs) {
    const std::lock_guard lock(feed_mutex_);
    dropped_.insert(dropped_.end(), blobs.begin(), blobs.end());
}

}  // namespace asterope::storage

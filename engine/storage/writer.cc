#include "engine/storage/writer.h"

#include <algorithm>

#include "engine/storage/kv/overlay.h"

namespace asterope::storage {

Status Writer::start(IsOpen is_open) {
    is_open_ = std::move(is_open);
    ASTEROPE_TRY_STATUS(ids_.start());
    const auto snapshot = store_.snapshot();
    const auto cursor = snapshot->cursor(kv::Table::changes);
    cursor->seek_last();
    if (cursor->valid()) next_change_ = u64_of(cursor->key()) + 1;
    return cursor->status();
}

Status Writer::run(const Operation& operation) {
    std::vector<Change> events;
    const auto committed = run_once(operation, events);
    watchers_.tell(OriginScope::current(), events);
    if (!committed) return Unexpected(committed.error());
    return syncs_each_ ? store_.sync(*committed) : Status{};
}

Result<Sequence> Writer::run_once(const Operation& operation, std::vector<Change>& events) {
    const std::lock_guard lock(mutex_);
    const auto before = store_.snapshot();
    Edit edit(*before, fields_, is_open_, Timestamp::now());
    ASTEROPE_TRY_STATUS(operation(edit));
    return commit(edit.finish(next_change_), events);
}

Status Writer::forget(NodeId node) {
    return run([node](Edit& edit) { return edit.is_open(node) ? Status{} : edit.purge(node); });
}

Result<Sequence> Writer::run_all(std::span<const Recorded> operations, const Validate& validate,
                                 std::vector<Change>& events) {
    const std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(validate(recent_));
    const auto before = store_.snapshot();
    kv::Overlay done;
    Outcome all;
    for (const Recorded& recorded : operations) {
        const auto state = done.over(before);
        Edit edit(*state, fields_, is_open_, recorded.at);
        if (Status made = recorded.operation(edit); !made) {
            const Errc code = made.error().code;
            if (code == Errc::no_space || code == Errc::io || code == Errc::corrupt) return Unexpected(made.error());
            return fail(Errc::conflict, "what was changed since stands against it: " + made.error().text());
        }
        Outcome outcome = edit.finish(next_change_ + all.events.size());
        done.apply(outcome.batch);
        all.add(std::move(outcome));
    }
    return commit(std::move(all), events);
}

Result<Sequence> Writer::commit(Outcome outcome, std::vector<Change>& events) {
    if (outcome.batch.empty()) return store_.last_sequence();
    const Sequence sequence = ASTEROPE_TRY(commit_noted(outcome));
    for (const auto& [node, blob] : outcome.added_blobs) blobs_.committed(blob, sequence);
    {
        const std::lock_guard lock(feed_mutex_);
        next_change_ += outcome.events.size();
        for (const BlobId blob : outcome.dropped_blobs) dropped_.push_back({blob, sequence});
    }
    if (!outcome.events.empty()) feed_grew_.notify_all();
    events = std::move(outcome.events);
    return sequence;
}

Result<Sequence> Writer::commit_noted(Outcome& outcome) {
    const std::lock_guard lock(recent_mutex_);
    if (base_count_ > 0)
        recent_.add(Sequence{raw(store_.last_sequence()) + 1}, outcome);
    else
        recent_.clear();
    return store_.commit(std::move(outcome.batch));
}

Writer::Latest Writer::latest(const std::set<std::string>& keys, Sequence since) const {
    const std::lock_guard lock(recent_mutex_);
    return {store_.snapshot(), recent_.any_written_since(keys, since)};
}

Status Writer::exclusively(const std::function<Status(const View&)>& action) {
    const std::lock_guard lock(mutex_);
    const auto now = store_.snapshot();
    return action(View(*now));
}

Result<std::unique_ptr<Writer::Base>> Writer::begin(const std::function<Status()>& settle) {
    const Pin until_taken = pin_all();
    ASTEROPE_TRY_STATUS(settle());
    const std::lock_guard lock(mutex_);
    auto base = std::make_unique<Base>(*this, pin_present());
    base->snapshot = store_.snapshot();
    base->last_change = last_change();
    return base;
}

Writer::Pin Writer::pin(std::uint64_t mark) {
    const std::lock_guard lock(pins_mutex_);
    pins_.insert(mark);
    pinned_below_ = *pins_.rbegin();
    return Pin(*this, mark);
}

void Writer::unpin(std::uint64_t mark) {
    const std::lock_guard lock(pins_mutex_);
    pins_.erase(pins_.find(mark));
    pinned_below_ = pins_.empty() ? 0 : *pins_.rbegin();
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
    std::vector<DroppedBlob> free;
    std::erase_if(dropped_, [&](const DroppedBlob& dropped) {
        if (!may_write_in_place(dropped.blob)) return false;
        free.push_back(dropped);
        return true;
    });
    return free;
}

bool Writer::has_dropped_blobs() const {
    const std::lock_guard lock(feed_mutex_);
    return std::any_of(dropped_.begin(), dropped_.end(), [this](const DroppedBlob& dropped) { return may_write_in_place(dropped.blob); });
}

void Writer::give_back(std::vector<DroppedBlob> blobs) {
    const std::lock_guard lock(feed_mutex_);
    dropped_.insert(dropped_.end(), blobs.begin(), blobs.end());
}

}  // namespace asterope::storage

#include "engine/storage/kv/store.h"

#include <algorithm>

namespace asterope::kv {
namespace {
/// In units of Options::buffer_bytes.
constexpr std::size_t kSoftBuffers = 2;
constexpr std::size_t kHardBuffers = 3;
constexpr std::size_t kReserveDivisor = 4;
}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& directory, const Options& options,
                                           bool create) {
    auto store = std::make_unique<StoreOfLayers>(directory, options);
    ASTEROPE_TRY_STATUS(store->open(create));
    return std::unique_ptr<Store>(std::move(store));
}

StoreOfLayers::StoreOfLayers(const std::string& directory, Options options)
    : index_directory_(directory + "/index"),
      journal_directory_(directory + "/journal"),
      options_(std::move(options)),
      throttle_(kSoftBuffers * options_.buffer_bytes, kHardBuffers * options_.buffer_bytes,
                options_.buffer_bytes / kReserveDivisor) {}

StoreOfLayers::~StoreOfLayers() {
    if (!journal_) return;
    if (const Status closed = close(); !closed)
        log("the store could not be closed cleanly: " + closed.error().text());
}

Result<Sequence> StoreOfLayers::commit(Batch&& batch) {
    if (batch.empty() && batch.blobs().empty()) return last_sequence();
    throttle_.slow_down(buffered_bytes());
    std::unique_lock lock(write_mutex_);
    ASTEROPE_TRY_STATUS(wait_for_room(lock, batch));
    if (closed_) return fail(Errc::unavailable, "the store is closed");
    if (low_space_.load(std::memory_order_relaxed) && !batch.uses_reserve())
        return fail(Errc::no_space, "only the space that is kept for removing is left");

    const std::uint64_t sequence = last_sequence_.load(std::memory_order_relaxed) + 1;
    if (auto appended = journal_->append(sequence, batch.blobs(), batch.encoded(), batch.uses_reserve());
        !appended) {
        if (appended.error().code == Errc::no_space) request_flush();
        return Unexpected(std::move(appended).error());
    }
    insert(sequence, batch.encoded());
    last_sequence_.store(sequence, std::memory_order_release);
    commits_.fetch_add(1, std::memory_order_relaxed);
    return Sequence{sequence};
}

Status StoreOfLayers::wait_for_room(std::unique_lock<std::mutex>& write_lock, const Batch& batch) {
    const std::size_t batch_bytes = WriteBuffer::cost(batch.encoded().size(), batch.entry_count());
    const auto fits = [&] { return throttle_.fits(buffered_bytes(), batch_bytes, batch.uses_reserve()); };
    while (!fits()) {
        write_lock.unlock();
        request_flush();
        ASTEROPE_TRY_STATUS(throttle_.wait_until(fits));
        write_lock.lock();
    }
    return {};
}

void StoreOfLayers::insert(std::uint64_t sequence, std::string_view operations) {
    const std::size_t bytes_before = active_->bytes();
    const Status applied = active_->apply(sequence, operations);
    ASTEROPE_CHECK(applied.has_value());
    const std::size_t bytes = active_->bytes();
    active_bytes_.store(bytes, std::memory_order_relaxed);

    const bool full = bytes_before < options_.buffer_bytes && bytes >= options_.buffer_bytes;
    const bool first_unsynced = !unsynced_.load(std::memory_order_relaxed);
    if (bytes_before == 0 || full || first_unsynced) note_commit(bytes_before == 0);
}

std::shared_ptr<const Snapshot> StoreOfLayers::snapshot() const {
    std::unique_lock lock(state_mutex_);
    if (state_->tree->is_worn_out()) {
        lock.unlock();
        replace_worn_out_view();
        lock.lock();
    }
    // Read after the state was fixed: whatever is committed by now is in its buffers.
    return std::make_shared<const SnapshotView>(state_, last_sequence_.load(std::memory_order_acquire));
}

/// What the new view may contain beyond the old one is in the buffers as well.
void StoreOfLayers::replace_worn_out_view() const {
    const auto tree = env_->view();
    if (!tree) return;
    const std::lock_guard lock(state_mutex_);
    if (!state_->tree->is_worn_out()) return;
    auto next = std::make_shared<State>(*state_);
    next->tree = *tree;
    state_ = std::move(next);
}

std::shared_ptr<const State> StoreOfLayers::state() const {
    const std::lock_guard lock(state_mutex_);
    return state_;
}

void StoreOfLayers::set_state(std::shared_ptr<const State> next) {
    // Declared after `next`, the lock is left before the old state goes, which may be large.
    const std::lock_guard lock(state_mutex_);
    state_.swap(next);
}

Status StoreOfLayers::sync(Sequence upto) {
    return journal_->sync(std::min(raw(upto), last_sequence_.load(std::memory_order_acquire)));
}

Sequence StoreOfLayers::durable_sequence() const {
    return Sequence{journal_->durable_sequence()};
}

Stats StoreOfLayers::stats() const {
    Stats stats;
    stats.commits = commits_.load(std::memory_order_relaxed);
    stats.journal_bytes = journal_->bytes_written();
    stats.syncs = journal_->sync_count();
    stats.flushes = flushes_.load(std::memory_order_relaxed);
    stats.buffer_bytes = buffered_bytes();
    stats.tree_bytes = env_->file_bytes();
    stats.replayed = replayed_;
    return stats;
}

Status StoreOfLayers::close() {
    const std::lock_guard closing(close_mutex_);
    {
        const std::lock_guard lock(write_mutex_);
        if (closed_.exchange(true)) return {};
    }
    stop_background();
    Status written = sync(last_sequence());
    if (written) written = flush();
    throttle_.report(written);  // nobody shall wait for the background any more
    return written ? journal_->clear() : written;
}

void StoreOfLayers::log(const std::string& line) const {
    if (options_.log) options_.log(line);
}

}  // namespace asterope::kv

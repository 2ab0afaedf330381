#include <utility>

#include "engine/storage/kv/store.h"

/// From the write buffers into the tree.
namespace asterope::kv {
namespace {

/// Kept after the pages in use, so that removing works on a full disk.
constexpr std::uint64_t kTreeReserveBytes = 8u << 20;

/// Writes the newest version of each key of `buffer`, in transactions of about `part_pages` pages. Only what is durable in the
/// journal may be written so (LmdbWriter::commit_part). Errors: no_space · io
Status write_to_tree(const LmdbEnv& env, const WriteBuffer& buffer, std::size_t part_pages) {
    LmdbWriter writer(env);
    ASTEROPE_TRY_STATUS(writer.begin());
    for (int i = 0; i < kTableCount; ++i) {
        const auto table = static_cast<Table>(i);
        const SkipList::Entry* previous = nullptr;
        for (const auto* entry = buffer.list(table).first(); entry != nullptr; entry = entry->next()) {
            const bool older_version = previous != nullptr && previous->key() == entry->key();
            if (older_version) continue;
            previous = entry;
            ASTEROPE_TRY_STATUS(entry->erased ? writer.erase(table, entry->key())
                                              : writer.put(table, entry->key(), entry->value()));
            if (writer.changed_pages() >= part_pages) ASTEROPE_TRY_STATUS(writer.commit_part());
        }
    }
    return writer.commit(buffer.last_sequence());
}

}  // namespace

Status StoreOfLayers::flush() {
    return flush_to(last_sequence_.load(std::memory_order_acquire));
}

Status StoreOfLayers::flush_to(std::uint64_t upto) {
    const std::lock_guard lock(flush_mutex_);
    while (state()->tree->applied() < upto) {
        if (!state()->frozen) freeze_active();
        const Status written = write_frozen_to_tree();
        throttle_.report(written);
        if (!written) return written;
    }
    return {};
}

Status StoreOfLayers::copy_to(const std::string& directory) {
    ASTEROPE_TRY_STATUS(flush());
    const std::lock_guard lock(flush_mutex_);  // nobody writes the tree while its file is copied
    // A flush that failed may have left a part of its buffer in the tree, which only the journal makes whole.
    if (state()->frozen) return fail(Errc::unavailable, "the index is not up to date: its last flush failed");
    return env_->copy_to(directory);
}

void StoreOfLayers::freeze_active() {
    auto next = std::make_shared<State>();
    next->active = std::make_shared<WriteBuffer>(options_.buffer_bytes);
    const std::lock_guard lock(write_mutex_);
    const auto now = state();
    next->frozen = now->active;
    next->tree = now->tree;
    active_ = next->active.get();
    set_state(std::move(next));
    // In this order nobody counts the buffer twice; who adds a batch looks again under write_mutex_.
    active_bytes_.store(0);
    frozen_bytes_.store(now->active->bytes());
    note_freeze();
}

Status StoreOfLayers::write_frozen_to_tree() {
    const auto frozen = state()->frozen;
    // The tree must never be ahead of the journal, nor name content that is not durable. Whatever part of the buffer the
    // tree has after a crash, the journal then has all of it.
    ASTEROPE_TRY_STATUS(journal_->sync(frozen->last_sequence()));
    ASTEROPE_TRY_STATUS(write_to_tree(*env_, *frozen, options_.part_pages));
    retire_frozen(ASTEROPE_TRY(env_->view()));
    journal_->drop_through(frozen->last_sequence());
    flushes_.fetch_add(1, std::memory_order_relaxed);
    reserve_space();
    return {};
}

/// From here on new snapshots see the tree that contains the frozen buffer, and not the buffer.
void StoreOfLayers::retire_frozen(std::shared_ptr<const LmdbView> tree) {
    auto next = std::make_shared<State>();
    next->tree = std::move(tree);
    const std::lock_guard lock(write_mutex_);
    next->active = state()->active;
    set_state(std::move(next));
    frozen_bytes_.store(0);
}

void StoreOfLayers::reserve_space() {
    const std::unique_lock lock(space_mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return;  // the other thread is at it
    const Status tree = env_->reserve_ahead(kTreeReserveBytes);
    const Status journal = journal_->prepare_spares();
    const auto no_space = [](const Status& status) {
        return !status && status.error().code == Errc::no_space;
    };
    const bool low = no_space(tree) || no_space(journal);
    if (low_space_.exchange(low) == low) return;
    log(low ? "the disk is full: only what removes something is accepted"
            : "there is room on the disk again");
}

}  // namespace asterope::kv

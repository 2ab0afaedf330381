#include <sys/stat.h>

#include <utility>

#include "engine/storage/kv/boot_mark.h"
#include "engine/storage/kv/store.h"

/// Opening: recovery from the journal.
namespace asterope::kv {

Status StoreOfLayers::open(bool create) {
    ASTEROPE_TRY_STATUS(make_directories(create));
    env_ = ASTEROPE_TRY(LmdbEnv::open(index_directory_, options_.map_bytes));
    const std::uint64_t applied = ASTEROPE_TRY(env_->view())->applied();
    const bool power_cut = power_cut_since_mark(journal_directory_);
    JournalPlan plan = ASTEROPE_TRY(plan_replay(journal_directory_, applied, power_cut));
    const auto first = std::make_shared<State>();
    first->active = std::make_shared<WriteBuffer>(options_.buffer_bytes);
    active_ = first->active.get();
    ASTEROPE_TRY_STATUS(recover(plan));
    log_recovery(plan, power_cut);
    first->tree = ASTEROPE_TRY(env_->view());
    set_state(first);
    active_bytes_.store(active_->bytes());
    last_sequence_.store(plan.last);
    ASTEROPE_TRY_STATUS(start_journal(plan));
    reserve_space();
    if (active_->last_sequence() != 0) note_commit(true);
    start_background();
    return {};
}

Status StoreOfLayers::make_directories(bool create) {
    if (!create) {
        struct stat found {};
        if (::stat((index_directory_ + "/data.mdb").c_str(), &found) != 0)
            return fail_errno(errno, index_directory_ + "/data.mdb");
    }
    ASTEROPE_TRY_STATUS(make_directory(index_directory_));
    ASTEROPE_TRY_STATUS(make_directory(journal_directory_));
    return {};
}

/// What the tree lacks goes to the buffer, and its records stay in the journal: opening waits neither for the tree to be
/// written nor for blobs to be synced, and needs no room on the disk. A later flush does all that.
Status StoreOfLayers::recover(JournalPlan& plan) {
    if (plan.last == plan.applied) {
        plan.parts.clear();
        return {};
    }
    replayed_ = plan.last - plan.applied;
    ASTEROPE_TRY_STATUS(cut_after_last(plan));
    return replay(plan, [&](const Record& record) -> Status {
        const bool unsynced = record.sequence > plan.blobs_durable;
        for (std::size_t i = 0; unsynced && i < record.blob_count; ++i)
            replayed_blobs_.emplace_back(record.sequence, record.blob(i));
        return active_->apply(record.sequence, record.payload);
    });
}

void StoreOfLayers::log_recovery(const JournalPlan& plan, bool power_cut) const {
    if (replayed_ == 0 && plan.stopped_by.empty()) return;
    log("journal: replayed " + std::to_string(replayed_) + " batches up to " + std::to_string(plan.last) +
        (power_cut ? " after a possible power cut" : " after the end of a process") +
        (plan.stopped_by.empty() ? "" : "; later ones are left out: " + plan.stopped_by));
}

/// plan.parts: the records that the tree lacks.
Status StoreOfLayers::start_journal(const JournalPlan& plan) {
    JournalOptions options;
    options.kept = plan.parts;
    options.unsynced_blobs = std::exchange(replayed_blobs_, {});
    options.directory = journal_directory_;
    options.segment_bytes = options_.segment_bytes;
    options.next_id = plan.next_id;
    options.next_sequence = plan.last + 1;
    options.old_files = plan.files;
    options.sync_blobs = options_.sync_blobs;
    options.log = options_.log;
    journal_ = ASTEROPE_TRY(Journal::start(std::move(options)));
    // Only now: a crash during recovery is judged by the old mark.
    ASTEROPE_TRY_STATUS(write_boot_mark(journal_directory_));
    ASTEROPE_TRY_STATUS(sync_directory(index_directory_));
    return sync_directory(index_directory_ + "/..");
}

}  // namespace asterope::kv

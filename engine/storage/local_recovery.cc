#include <algorithm>

#include "engine/storage/local_volume.h"

/// What runs without being asked for: repairs at opening, and the housekeeping of an open store.
namespace asterope {

using namespace storage;
using kv::Table;

namespace {

constexpr std::chrono::seconds kHousekeepingInterval{1};
constexpr int kGrowingFilesInterval = 5;  ///< every so many rounds, new files that are still written are committed

}  // namespace

Status LocalVolume::recover() {
    settle_leftover_blobs();
    return remove_orphans();
}

/// A staged blob with a name: its record may or may not have reached the journal.
void LocalVolume::settle_leftover_blobs() {
    const auto leftovers = blobs->named();
    const auto now = store->snapshot();
    for (const auto& [node, blob] : leftovers) {
        const auto record = View(*now).node(node);
        const bool wanted = record && record->content == ContentKind::blob && record->blob == blob;
        if (wanted)
            blobs->committed(blob, store->last_sequence());
        else
            blobs->unstage(node, blob);
    }
    if (!leftovers.empty()) log("recovery: settled " + std::to_string(leftovers.size()) + " blobs that were on their way in");
}

Status LocalVolume::remove_orphans() {
    std::vector<NodeId> nodes;
    std::vector<BlobId> unwanted;
    const auto now = store->snapshot();
    ASTEROPE_TRY_STATUS(View(*now).scan(Table::orphans, "", "", [&](auto key, auto) {
        if (key.size() == 9 && key[0] == 'n') nodes.push_back(NodeId{u64_of(key.substr(1))});
        if (key.size() == 9 && key[0] == 'b') unwanted.push_back(BlobId{u64_of(key.substr(1))});
        return true;
    }));
    for (const NodeId node : nodes)
        // One that cannot be removed is damaged, and no reason to refuse all others.
        if (const Status removed = writer->run([node](Edit& edit) { return edit.purge(node); }); !removed)
            log("recovery: node " + std::to_string(raw(node)) + " cannot be removed: " + removed.error().text());
    std::vector<Writer::DroppedBlob> dropped;
    for (const BlobId blob : unwanted) dropped.push_back({blob, store->last_sequence()});
    writer->give_back(std::move(dropped));
    if (!nodes.empty()) log("recovery: removed " + std::to_string(nodes.size()) + " files that were unlinked while open");
    return {};
}

void LocalVolume::run_housekeeping(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any alarm;
    std::unique_lock lock(mutex);
    for (int round = 1; !alarm.wait_for(lock, stop, kHousekeepingInterval, [&] { return stop.stop_requested(); }); ++round) {
        tend_blobs();
        open_nodes().release_mapped(false);
        abort_idle_transactions();
        if (round % kGrowingFilesInterval == 0) commit_growing_files();
    }
}

void LocalVolume::tend_blobs() {
    // Without it their files would stay until a buffer is full.
    if (options_.durability == StoreDurability::none && writer->has_dropped_blobs())
        if (Status done = store->sync(store->last_sequence()); !done) log("removing blobs: " + done.error().text());
    const Sequence durable = store->durable_sequence();
    blobs->publish_through(durable);
    remove_dropped_blobs(durable);
}

/// Deletes the files of blobs whose dropping is on stable storage, and then their records.
void LocalVolume::remove_dropped_blobs(Sequence durable) {
    std::vector<Writer::DroppedBlob> waiting = writer->take_dropped_blobs();
    std::vector<BlobId> due;
    for (const auto& dropped : waiting)
        if (dropped.since <= durable) due.push_back(dropped.blob);
    std::vector<BlobId> removed = blobs->remove(due);
    std::sort(removed.begin(), removed.end());
    std::erase_if(waiting, [&](const auto& dropped) { return std::binary_search(removed.begin(), removed.end(), dropped.blob); });
    writer->give_back(std::move(waiting));
    if (removed.empty()) return;
    const auto done = writer->run([&](Edit& edit) -> Status {
        edit.batch().may_use_reserve();
        for (const BlobId blob : removed) edit.batch().erase(Table::orphans, orphan_key(blob));
        return {};
    });
    if (!done) log("removing blobs: " + done.error().text());
}

void LocalVolume::abort_idle_transactions() {
    std::vector<std::shared_ptr<TransactionScope>> open;
    const std::lock_guard lock(transactions_mutex_);
    std::erase_if(transactions_, [&](const auto& known) {
        const auto transaction = known.lock();
        return !transaction || transaction->abort_if_idle();
    });
}

/// A log that is written for hours must not be lost with the process.
void LocalVolume::commit_growing_files() {
    for (const auto& content : open_nodes().all())
        if (content->is_new_and_dirty())
            if (Status done = content->commit(false); !done) log("committing an open file: " + done.error().text());
}

}  // namespace asterope

#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "engine/storage/scrubber.h"
#include "engine/storage/snapshots.h"
#include "engine/storage/store_directory.h"
#include "engine/storage/store_volume.h"
#include "engine/storage/transaction_scope.h"
#include "engine/storage/writer.h"

namespace asterope {

/// When what was answered is on stable storage, if nobody asks for it (sync, fsync, a durable put or commit).
enum class StoreDurability : std::uint8_t {
    sync,    ///< before it is answered; what is written to an open file, when that is closed or committed
    second,  ///< a second or so later
    none,    ///< when a write buffer is full, and before space of removed files can be given back
};

struct StoreOptions {
    OnReplace on_replace = OnReplace::inherit;
    StoreDurability durability = StoreDurability::second;
    std::chrono::hours scrub_every{0};  ///< in the background; 0: never
    std::function<void(std::string_view)> log{};  ///< one line about what recovery or the background did; may be empty
};

namespace storage {

/// What a store on disk is made of, in the order of its making.
struct StoreParts {
    StoreDirectory directory;
    std::unique_ptr<BlobFiles> blobs;
    std::unique_ptr<kv::Store> store;
    std::unique_ptr<FieldCatalog> fields;
    std::unique_ptr<Writer> writer;
};

}  // namespace storage

/// The Volume of a store on disk. One process has a store open at a time.
/// Source: engine/DESIGN.md
class LocalVolume final : private storage::StoreParts, public storage::StoreVolume {
  public:
    /// Makes an empty store. Errors: exists · not_dir · io
    static Status init(const std::string& directory);
    /// Opens a store and repairs what a crash left. Errors: not_found · format · busy · corrupt · io
    static Result<std::unique_ptr<LocalVolume>> open(const std::string& directory, const StoreOptions& options);
    using StoreVolume::open;
    /// Commits, syncs and closes.
    ~LocalVolume() override;

    VolumeInfo info() const override;
    Result<SpaceInfo> space() override;
    /// Logs a file whose content is damaged.
    Result<std::unique_ptr<File>> open(NodeId node, const OpenOptions& options) override;
    Result<std::unique_ptr<Transaction>> begin(const TransactionOptions& options) override;
    Result<SnapshotInfo> make_snapshot(std::string_view name) override;
    Status drop_snapshot(std::string_view name) override;
    Result<std::vector<SnapshotInfo>> snapshots() override;
    Result<std::shared_ptr<Volume>> open_snapshot(std::string_view name) override;
    std::unique_ptr<ChangeWatch> watch(Origin own, ChangeCallback changed) override;

    /// For checking and scrubbing (engine/storage/check.h, scrub.h).
    storage::BackgroundRooms background_rooms();
    std::shared_ptr<const kv::Snapshot> snapshot() const { return store->snapshot(); }
    storage::BlobFiles& blob_files() { return *blobs; }

  private:
    LocalVolume(storage::StoreParts parts, const StoreOptions& options);

    Status start();
    Status make_root();
    // local_recovery.cc
    Status recover();
    void settle_leftover_blobs();
    Status remove_orphans();
    void run_housekeeping(std::stop_token stop);
    void tend_blobs();
    void remove_dropped_blobs(Sequence durable);
    void commit_growing_files();
    void abort_idle_transactions();
    storage::Snapshots::Settle settle_snapshot();
    void log(const std::string& line) const;
    void log_damage(NodeId node, const Error& error);

    const StoreOptions options_;
    std::mutex transactions_mutex_;  ///< guards what follows
    std::vector<std::weak_ptr<storage::TransactionScope>> transactions_;
    std::unique_ptr<storage::Snapshots> snapshots_;
    std::mutex damage_mutex_;
    std::set<std::uint64_t> damaged_;  ///< nodes whose damage was logged; guarded by damage_mutex_
    std::jthread housekeeper_;
    std::unique_ptr<storage::ChecksumKeeper> checksums_;
    std::unique_ptr<storage::Scrubber> scrubber_;
};

}  // namespace asterope

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/storage/kv/overlay.h"
#include "engine/storage/read_set.h"
#include "engine/storage/writer.h"

namespace asterope::storage {

/// A transaction's view of the store: a state of it with the transaction's own changes over it. Operations run on the
/// view when they are called, and once more, all in one batch, on the store as it is at the commit. At read_committed they
/// are made again on the latest state, too, when others have written what they wrote: so each read is of the latest state with
/// the transaction's changes made on it, never of a mixture. Where one can no longer be made, the view stays behind.
/// Threads: any. Lock order: mutex_ before the writer's lock.
class TransactionScope final : public Scope {
  public:
    /// `settle`: as Writer::begin.
    static Result<std::shared_ptr<TransactionScope>> begin(kv::Store& store, Writer& writer, BlobFiles& blobs,
                                                           FieldCatalog& fields, const TransactionOptions& options,
                                                           const std::function<Status()>& settle);
    TransactionScope(kv::Store& store, Writer& writer, BlobFiles& blobs, FieldCatalog& fields, const TransactionOptions& options)
        : store_(store), writer_(writer), blobs_(blobs), fields_(fields), options_(options) {}
    ~TransactionScope() override { abort(); }
    /// Who has what open in the view. Once, before anything else.
    void start(IsOpen is_open) { is_open_ = std::move(is_open); }

    std::shared_ptr<const kv::Reader> now() const override;
    Status run(const Operation& operation) override;
    Status exclusively(const std::function<Status(const View&)>& action) override;
    Result<std::uint64_t> next_id() override { return writer_.next_id(); }
    bool may_write_in_place(BlobId blob) const override;
    bool follows_others() const override { return options_.isolation == Isolation::read_committed; }
    /// In the view alone: whether it can go outside shows at the commit.
    Status forget(NodeId node) override;
    Sequence last_change() const override;
    void wait_for_change(Sequence since, std::chrono::milliseconds wait) override;
    /// Durable is what the commit makes so.
    Status sync() override { return {}; }

    /// Files whose content it changed.
    std::set<NodeId> changed_contents() const;
    /// Makes all changes in the store, if `validate` and the isolation level find nothing against it.
    /// Errors: conflict (it has ended) · stale · no_space, io (it goes on) · what `validate` returns (it goes on)
    Status commit(const std::function<Status()>& validate);
    /// Drops everything. Also of one that has ended.
    void abort();
    /// Aborts when nothing was asked of it for longer than its idle limit. Returns whether it has ended.
    bool abort_if_idle();

  private:
    std::shared_ptr<const kv::Reader> now_locked() const;
    void note_written(const Outcome& outcome) const;
    void catch_up() const;
    Result<std::unique_ptr<kv::Overlay>> made_again_on(const std::shared_ptr<const kv::Snapshot>& state) const;
    Status require_open() const;
    Result<Outcome> make(const Operation& operation, Timestamp at);
    Status find_conflict(const RecentWrites& recent) const;
    Status commit_locked(const std::function<Status()>& validate, std::vector<Change>& events);
    void end(bool committed);

    kv::Store& store_;
    Writer& writer_;
    BlobFiles& blobs_;
    FieldCatalog& fields_;
    const TransactionOptions options_;
    IsOpen is_open_;

    mutable std::mutex mutex_;  ///< guards what follows
    std::condition_variable feed_grew_;
    Sequence last_change_{};  ///< its own events continue those of its base
    bool ended_ = false;
    mutable std::chrono::steady_clock::time_point used_at_ = std::chrono::steady_clock::now();
    std::unique_ptr<Writer::Base> base_;
    mutable std::shared_ptr<const kv::Snapshot> below_;  ///< the state that changes_ lies over
    mutable std::unique_ptr<kv::Overlay> changes_ = std::make_unique<kv::Overlay>();
    mutable bool stays_behind_ = false;
    std::vector<Writer::Recorded> operations_;
    mutable std::set<std::string> written_;  ///< global keys; at read_committed also what these depend on
    std::set<NodeId> changed_contents_;
    const std::shared_ptr<ReadSet> reads_ = std::make_shared<ReadSet>();

    mutable std::mutex blobs_mutex_;  ///< guards what follows; nothing is locked under it
    std::map<BlobId, NodeId> own_blobs_;
};

}  // namespace asterope::storage

#include "engine/storage/transaction_scope.h"

#include "engine/core/limits.h"

namespace asterope::storage {
namespace {

Status ended() { return fail(Errc::stale, "the transaction has ended"); }

/// What is read from a transaction that has ended.
class NoReader final : public kv::Reader {
    class NoCursor final : public kv::Cursor {
        bool valid() const override { return false; }
        std::string_view key() const override { return {}; }
        std::string_view value() const override { return {}; }
        void seek(std::string_view) override {}
        void seek_before(std::string_view) override {}
        void seek_last() override {}
        void next() override {}
        void prev() override {}
        Status status() const override { return ended(); }
    };

  public:
    Result<std::optional<std::string_view>> get(kv::Table, std::string_view) const override {
        return Unexpected(ended().error());
    }
    std::unique_ptr<kv::Cursor> cursor(kv::Table) const override { return std::make_unique<NoCursor>(); }
};

}  // namespace

Result<std::shared_ptr<TransactionScope>> TransactionScope::begin(kv::Store& store, Writer& writer, BlobFiles& blobs,
                                                                  FieldCatalog& fields, const TransactionOptions& options,
                                                                  const std::function<Status()>& settle) {
    auto scope = std::make_shared<TransactionScope>(store, writer, blobs, fields, options);
    scope->base_ = ASTEROPE_TRY(writer.begin(settle));
    scope->last_change_ = scope->base_->last_change;
    scope->below_ = scope->base_->snapshot;
    return scope;
}

std::shared_ptr<const kv::Reader> TransactionScope::now() const {
    const std::lock_guard lock(mutex_);
    return now_locked();
}

std::shared_ptr<const kv::Reader> TransactionScope::now_locked() const {
    if (ended_) return std::make_shared<NoReader>();
    used_at_ = std::chrono::steady_clock::now();
    if (follows_others()) catch_up();
    auto view = changes_->over(below_);
    return options_.isolation == Isolation::serializable ? tracked(std::move(view), reads_) : view;
}

void TransactionScope::catch_up() const {
    if (stays_behind_ || store_.last_sequence() == below_->sequence()) return;
    auto [latest, met] = writer_.latest(written_, below_->sequence());
    if (met) {
        auto again = made_again_on(latest);
        stays_behind_ = !again;
        if (stays_behind_) return;
        changes_ = std::move(*again);
    }
    below_ = std::move(latest);
}

Result<std::unique_ptr<kv::Overlay>> TransactionScope::made_again_on(const std::shared_ptr<const kv::Snapshot>& state) const {
    auto again = std::make_unique<kv::Overlay>();
    std::uint64_t change = raw(base_->last_change) + 1;
    for (const Writer::Recorded& recorded : operations_) {
        const auto before = again->over(state);
        Edit edit(*before, fields_, is_open_, recorded.at);
        ASTEROPE_TRY_STATUS(recorded.operation(edit));
        const Outcome outcome = edit.finish(change);
        change += outcome.events.size();
        again->apply(outcome.batch);
        note_written(outcome);  // it may be something else than it was
    }
    return again;
}

Status TransactionScope::require_open() const { return ended_ ? ended() : Status{}; }

/// Makes a change in the view.
Result<Outcome> TransactionScope::make(const Operation& operation, Timestamp at) {
    ASTEROPE_TRY_STATUS(require_open());
    if (changes_->bytes() > limits::kTransactionBytes)
        return fail(Errc::limit, "the transaction has become too large: commit it and begin another");
    const auto before = now_locked();
    Edit edit(*before, fields_, is_open_, at);
    ASTEROPE_TRY_STATUS(operation(edit));
    Outcome outcome = edit.finish(raw(last_change_) + 1);
    changes_->apply(outcome.batch);
    last_change_ = Sequence{raw(last_change_) + outcome.events.size()};
    feed_grew_.notify_all();
    return outcome;
}

Status TransactionScope::forget(NodeId node) {
    const std::lock_guard lock(mutex_);
    ASTEROPE_TRY(make([node](Edit& edit) { return edit.is_open(node) ? Status{} : edit.purge(node); }, Timestamp::now()));
    return {};
}

Status TransactionScope::run(const Operation& operation) {
    const std::lock_guard lock(mutex_);
    const Timestamp at = Timestamp::now();
    const Outcome outcome = ASTEROPE_TRY(make(operation, at));
    if (outcome.batch.empty()) return {};
    operations_.push_back({operation, at});
    note_written(outcome);
    changed_contents_.insert(outcome.changed_contents.begin(), outcome.changed_contents.end());
    const std::lock_guard blobs_lock(blobs_mutex_);
    for (const auto& [node, blob] : outcome.added_blobs) own_blobs_.emplace(blob, node);
    return {};
}

void TransactionScope::note_written(const Outcome& outcome) const {
    for_each_written_key(outcome, [&](std::string key) { written_.insert(std::move(key)); });
    if (!follows_others()) return;
    // The record of a directory and what is in it belong together in each state that is seen.
    for (const NodeId dir : outcome.touched_directories) written_.insert(global_key(kv::Table::nodes, node_key(dir)));
    for (const NodeId node : outcome.written_nodes) written_.insert(directory_key(node));
}

Status TransactionScope::exclusively(const std::function<Status(const View&)>& action) {
    const std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_open());
    const auto look = [&](const View&) { return action(View(*now_locked())); };
    // Reading the latest state, no blob may go between the look and the opening.
    if (options_.isolation == Isolation::read_committed) return writer_.exclusively(look);
    const auto before = now_locked();
    return action(View(*before));
}

bool TransactionScope::may_write_in_place(BlobId blob) const {
    const std::lock_guard lock(blobs_mutex_);
    return own_blobs_.contains(blob);
}

Sequence TransactionScope::last_change() const {
    const std::lock_guard lock(mutex_);
    return last_change_;
}

void TransactionScope::wait_for_change(Sequence since, std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    feed_grew_.wait_for(lock, wait, [&] { return ended_ || last_change_ > since; });
}

std::set<NodeId> TransactionScope::changed_contents() const {
    const std::lock_guard lock(mutex_);
    return changed_contents_;
}

Status TransactionScope::find_conflict(const RecentWrites& recent) const {
    if (options_.isolation == Isolation::read_committed) return {};
    const Sequence since = base_->snapshot->sequence();
    for (const std::string& key : written_)
        if (recent.written_since(key, since))
            return fail(Errc::conflict, "another has changed the same since the transaction began");
    if (options_.isolation == Isolation::serializable && !operations_.empty() && reads_->written_since(recent, since, fields_))
        return fail(Errc::conflict, "another has changed what the transaction read");
    return {};
}

Status TransactionScope::commit(const std::function<Status()>& validate) {
    std::vector<Change> events;
    const Status done = commit_locked(validate, events);
    writer_.watchers().tell(OriginScope::current(), events);
    return done;
}

Status TransactionScope::commit_locked(const std::function<Status()>& validate, std::vector<Change>& events) {
    const std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_open());
    const auto validate_all = [&](const RecentWrites& recent) -> Status {
        ASTEROPE_TRY_STATUS(validate());
        return find_conflict(recent);
    };
    const auto committed = writer_.run_all(operations_, validate_all, events);
    if (committed || committed.error().code == Errc::conflict) end(committed.has_value());
    if (!committed) return Unexpected(committed.error());
    const bool syncs = options_.durability == Durability::sync || writer_.syncs_each();
    return syncs ? store_.sync(*committed) : Status{};
}

void TransactionScope::abort() {
    const std::lock_guard lock(mutex_);
    if (!ended_) end(false);
}

bool TransactionScope::abort_if_idle() {
    const std::lock_guard lock(mutex_);
    if (!ended_ && std::chrono::steady_clock::now() - used_at_ > options_.idle_limit) end(false);
    return ended_;
}

void TransactionScope::end(bool committed) {
    ended_ = true;
    feed_grew_.notify_all();
    base_.reset();
    below_.reset();
    operations_ = {};
    written_ = {};
    const std::lock_guard blobs_lock(blobs_mutex_);
    if (!committed)
        for (const auto& [blob, node] : own_blobs_) blobs_.unstage(node, blob);
    own_blobs_.clear();
}

}  // namespace asterope::storage

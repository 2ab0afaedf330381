#include <unistd.h>

#include "engine/core/origin.h"
#include "engine/core/transaction_table.h"
#include "fs/transaction_name.h"
#include "fs/view_tree.h"

/// Beginning and ending what the directories of ViewTree stand for.
namespace asterope::fs {
namespace {

constexpr std::string_view kCommitName = ".commit";  ///< below tx: only ever renamed onto

Status free_to_take(std::string_view name) {
    if (name == kCommitName)
        return fail(Errc::invalid, "'.commit' is no name of a transaction: rename one onto it");
    return {};
}

}  // namespace

std::uint32_t ViewTree::user_of(const Caller& caller) {
    return caller.uid == ::geteuid() ? TransactionTable::kSuperuser : caller.uid;
}

/// Keeps the reason of a failure for user.asterope.error.
Status ViewTree::noted(const Caller& caller, Status done) {
    if (!done) errors_.set(caller.uid, done.error().text());
    return done;
}

Result<Entry> ViewTree::mkdir(const Caller& caller, NodeId dir, std::string_view name) {
    if (dir == kViewTreeRoot) return fail(Errc::not_permitted);
    ASTEROPE_TRY_STATUS(noted(caller, dir == kTransactions ? begin(caller, name) : make_snapshot(name)));
    return lookup(caller, dir, name);
}

Status ViewTree::rmdir(const Caller& caller, NodeId dir, std::string_view name) {
    if (dir == kViewTreeRoot) return fail(Errc::not_permitted);
    return noted(caller, dir == kTransactions ? abort(caller, name) : drop_snapshot(name));
}

Status ViewTree::rename(const Caller& caller, const Link& from, const Link& to) {
    const bool is_commit =
        from.parent == kTransactions && to == Link{kTransactions, std::string(kCommitName)};
    if (!is_commit) return fail(Errc::not_permitted);
    return noted(caller, commit(caller, from.name));
}

Status ViewTree::begin(const Caller& caller, std::string_view name) {
    ASTEROPE_TRY_STATUS(free_to_take(name));
    return options_.transactions->begin(name, ASTEROPE_TRY(options_of_transaction(name)), user_of(caller));
}

Status ViewTree::commit(const Caller& caller, std::string_view name) {
    const auto transaction = ASTEROPE_TRY(options_.transactions->find(name, user_of(caller)));
    const OriginScope as(Origin::unknown);  // the kernel knows nothing of the changes
    Status committed = options_.transactions->commit(name, user_of(caller));
    const bool goes_on = options_.transactions->find(name).value_or(nullptr) == transaction;
    if (!goes_on) views_.end(transaction->view());
    return committed;
}

Status ViewTree::abort(const Caller& caller, std::string_view name) {
    const auto transaction = ASTEROPE_TRY(options_.transactions->find(name, user_of(caller)));
    views_.end(transaction->view());
    return options_.transactions->abort(name, user_of(caller));
}

Status ViewTree::make_snapshot(std::string_view name) {
    ASTEROPE_TRY(volume_.make_snapshot(name));
    return {};
}

Status ViewTree::drop_snapshot(std::string_view name) {
    const std::lock_guard lock(mutex_);
    if (const auto at = open_snapshots_.find(name); at != open_snapshots_.end()) {
        if (const auto open = at->second.lock()) {
            if (views_.in_use(*open)) return fail(Errc::busy, "a file or directory of the snapshot is open");
            views_.end(*open);
        }
        open_snapshots_.erase(at);
    }
    return volume_.drop_snapshot(name);
}

}  // namespace asterope::fs

#include "engine/core/transaction_table.h"

#include "engine/core/limits.h"
#include "engine/core/path.h"

namespace asterope {

Status TransactionTable::begin(std::string_view name, const TransactionOptions& options, std::uint32_t user) {
    ASTEROPE_TRY_STATUS(check_name(name));
    {
        const std::lock_guard lock(mutex_);
        if (transactions_.contains(name)) return fail(Errc::exists, "a transaction of this name is open");
        if (transactions_.size() >= limits::kNamedTransactions) return fail(Errc::limit, "too many transactions are open");
    }
    std::shared_ptr<Transaction> transaction = ASTEROPE_TRY(volume_.begin(options));
    const std::lock_guard lock(mutex_);
    if (!transactions_.emplace(name, Named{std::move(transaction), user}).second)
        return fail(Errc::exists, "a transaction of this name is open");
    return {};
}

Result<std::shared_ptr<Transaction>> TransactionTable::find(std::string_view name, std::uint32_t user) const {
    const std::lock_guard lock(mutex_);
    const auto at = transactions_.find(name);
    if (at == transactions_.end()) return fail(Errc::not_found, "no transaction of this name is open");
    if (user != kSuperuser && user != at->second.user) return fail(Errc::permission, "the transaction is another user's");
    return at->second.transaction;
}

std::vector<std::string> TransactionTable::names() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, named] : transactions_) names.push_back(name);
    return names;
}

Status TransactionTable::commit(std::string_view name, std::uint32_t user) {
    const auto transaction = ASTEROPE_TRY(find(name, user));
    Status committed = transaction->commit();
    const bool over = committed || committed.error().code == Errc::conflict || committed.error().code == Errc::stale;
    if (over) forget(name, transaction);
    return committed;
}

Status TransactionTable::abort(std::string_view name, std::uint32_t user) {
    const auto transaction = ASTEROPE_TRY(find(name, user));
    transaction->abort();
    forget(name, transaction);
    return {};
}

/// Another may have ended it meanwhile, and a new one have the name.
void TransactionTable::forget(std::string_view name, const std::shared_ptr<Transaction>& transaction) {
    std::shared_ptr<Transaction> ended;  // goes after the lock
    const std::lock_guard lock(mutex_);
    const auto at = transactions_.find(name);
    if (at == transactions_.end() || at->second.transaction != transaction) return;
    ended = std::move(at->second.transaction);
    transactions_.erase(at);
}

}  // namespace asterope

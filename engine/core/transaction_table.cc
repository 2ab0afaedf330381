#include "engine/core/transaction_table.h"

#include "engine/core/limits.h"
#include "engine/core/path.h"

namespace asterope {

Status TransactionTable::begin(std::string_view name, const TransactionOptions& options) {
    ASTEROPE_TRY_STATUS(check_name(name));
    {
        const std::lock_guard lock(mutex_);
        if (transactions_.contains(name)) return fail(Errc::exists, "a transaction of this name is open");
        if (transactions_.size() >= limits::kNamedTransactions) return fail(Errc::limit, "too many transactions are open");
    }
    std::shared_ptr<Transaction> transaction = ASTEROPE_TRY(volume_.begin(options));
    const std::lock_guard lock(mutex_);
    if (!transactions_.emplace(name, std::move(transaction)).second) return fail(Errc::exists, "a transaction of this name is open");
    return {};
}

Result<std::shared_ptr<Transaction>> TransactionTable::find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto at = transactions_.find(name);
    if (at == transactions_.end()) return fail(Errc::not_found, "no transaction of this name is open");
    return at->second;
}

std::vector<std::string> TransactionTable::names() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, transaction] : transactions_) names.push_back(name);
    return names;
}

Status TransactionTable::commit(std::string_view name) {
    const auto transaction = ASTEROPE_TRY(find(name));
    Status committed = transaction->commit();
    const bool over = committed || committed.error().code == Errc::conflict || committed.error().code == Errc::stale;
    if (over) forget(name, transaction);
    return committed;
}

Status TransactionTable::abort(std::string_view name) {
    const auto transaction = ASTEROPE_TRY(find(name));
    transaction->abort();
    forget(name, transaction);
    return {};
}

void TransactionTable::forget(std::string_view name, const std::shared_ptr<Transaction>& transaction) {
    const std::lock_guard lock(mutex_);
    if (const auto at = transactions_.find(name); at != transactions_.end() && at->second == transaction)
        transactions_.erase(at);
}

}  // namespace asterope

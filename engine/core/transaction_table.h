#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/volume.h"

namespace asterope {

/// Transactions that have names, so that several programs can work in one: the directories below /.asterope/tx of a
/// mount, and what `asterope tx` begins. They end with the process.
/// Each is for the user who began it, and for kSuperuser.
/// Errors:   permission (another user's)
/// Threads:  any. Lifetime: the volume must outlive it.
class TransactionTable {
  public:
    /// root, and whoever owns the process or the store.
    static constexpr std::uint32_t kSuperuser = 0;

    explicit TransactionTable(Volume& volume) : volume_(volume) {}

    /// Errors: exists · invalid, name_too_long (as of names of files) · limit (too many) · those of Volume::begin
    Status begin(std::string_view name, const TransactionOptions& options, std::uint32_t user = kSuperuser);
    /// Lifetime: what is returned outlives a commit or abort; every call to it then fails with stale. Errors: not_found
    Result<std::shared_ptr<Transaction>> find(std::string_view name, std::uint32_t user = kSuperuser) const;
    std::vector<std::string> names() const;
    /// The name is free afterwards, but for no_space and io: then the transaction goes on. Errors: not_found · those of Transaction::commit
    Status commit(std::string_view name, std::uint32_t user = kSuperuser);
    Status abort(std::string_view name, std::uint32_t user = kSuperuser);  ///< Errors: not_found

  private:
    struct Named {
        std::shared_ptr<Transaction> transaction;
        std::uint32_t user = kSuperuser;
    };
    void forget(std::string_view name, const std::shared_ptr<Transaction>& transaction);

    Volume& volume_;
    mutable std::mutex mutex_;  ///< guards what follows
    std::map<std::string, Named, std::less<>> transactions_;
};

}  // namespace asterope

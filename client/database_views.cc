#include <algorithm>
#include <random>
#include <thread>

#include "client/database.h"

namespace asterope {
namespace {

/// `object`, and the volume that must outlive it, as one.
template <class T>
std::shared_ptr<T> keeping(std::shared_ptr<Volume> volume, std::shared_ptr<T> object) {
    struct Both {
        std::shared_ptr<Volume> volume;
        std::shared_ptr<T> object;
    };
    const auto both = std::make_shared<Both>(Both{std::move(volume), std::move(object)});
    return {both, both->object.get()};
}

}  // namespace

Result<DatabaseTransaction> Database::begin(const TransactionOptions& options) {
    std::shared_ptr<Transaction> transaction = ASTEROPE_TRY(volume_->begin(options));
    return DatabaseTransaction(keeping(volume_, std::move(transaction)));
}

Result<Database> Database::open_snapshot(std::string_view name) {
    return Database(keeping(volume_, ASTEROPE_TRY(volume_->open_snapshot(name))));
}

void Database::wait_before_try(int number) {
    if (number == 1) return;
    thread_local std::minstd_rand random(std::random_device{}());
    const int ms_max = 1 << std::min(number, 6);
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(0, ms_max)(random)));
}

}  // namespace asterope

#include "fs/transaction_name.h"

#include <string>

namespace asterope::fs {
namespace {

Status choose(std::string_view choice, TransactionOptions& options) {
    if (choice == "read_committed")
        options.isolation = Isolation::read_committed;
    else if (choice == "snapshot")
        options.isolation = Isolation::snapshot;
    else if (choice == "serializable")
        options.isolation = Isolation::serializable;
    else if (choice == "sync")
        options.durability = Durability::sync;
    else
        return fail(Errc::invalid,
                    "'@" + std::string(choice) +
                        "' is nothing that a transaction can be: use @read_committed, @snapshot, "
                        "@serializable, @sync");
    return {};
}

}  // namespace

Result<TransactionOptions> options_of_transaction(std::string_view name) {
    TransactionOptions options;
    for (std::size_t at = name.find('@'); at != std::string_view::npos;) {
        const std::size_t end = name.find('@', at + 1);
        ASTEROPE_TRY_STATUS(choose(name.substr(at + 1, end - at - 1), options));
        at = end;
    }
    return options;
}

}  // namespace asterope::fs

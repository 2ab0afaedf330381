#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/open.h"

namespace CLI {
class App;
}
namespace asterope {
class RemoteVolume;
}

namespace asterope::command {

/// What a command works on: a store, or what a transaction or a snapshot of it shows.
struct StoreArgument {
    std::string store{};
    std::optional<std::string> transaction{}, snapshot{};
};

/// STORE, and --tx NAME.
void add_store_argument(CLI::App& command, StoreArgument& argument);
/// The same with --snapshot NAME, for a command that only reads.
void add_readable_store_argument(CLI::App& command, StoreArgument& argument);

/// An open store with the view that was asked for.
class StoreView {
  public:
    /// Errors: those of open_volume() · not_found (no such transaction or snapshot) · unavailable (a transaction, but no
    /// process has the store mounted)
    static Result<StoreView> open(const StoreArgument& argument);
    Volume& volume() const { return view_ ? *view_ : *store_; }

  private:
    std::unique_ptr<Volume> store_;
    std::shared_ptr<Volume> view_;  ///< nullptr: the store itself
};

/// The process that holds the transactions of an open store. Errors: unavailable (it is not mounted)
Result<RemoteVolume*> transactions_of(Volume& volume);

}  // namespace asterope::command

#include "client/command/store_view.h"

#include <CLI/CLI.hpp>
#include <boost/filesystem.hpp>

#include "client/command/mount_table.h"
#include "client/remote_volume.h"

namespace asterope::command {
namespace {

/// The volume of a store's directory, or of a directory where one is mounted.
Result<std::unique_ptr<Volume>> open_store(const std::string& path) {
    auto volume = open_volume(path);
    if (volume || volume.error().code != Errc::format) return volume;
    // Not a store: where one is mounted, its process answers.
    boost::system::error_code error;
    const auto directory = boost::filesystem::canonical(path, error);
    const auto store = error ? std::nullopt : store_mounted_at(directory.string());
    return store ? open_volume(*store) : std::move(volume);
}

/// Says which one, where the error is that there is none.
template <class T>
Result<T> naming(const char* kind, const std::string& name, Result<T> found) {
    if (found || found.error().code != Errc::not_found) return found;
    return fail(Errc::not_found, std::string("there is no ") + kind + " '" + name + "'");
}

}  // namespace

void add_store_argument(CLI::App& command, StoreArgument& argument) {
    command.add_option("STORE", argument.store, "a store, or the directory where it is mounted")->required();
    command.add_option("--tx", argument.transaction, "work in this transaction ('asterope tx begin')");
}

void add_readable_store_argument(CLI::App& command, StoreArgument& argument) {
    add_store_argument(command, argument);
    command.add_option("--snapshot", argument.snapshot, "the state that this snapshot keeps")->excludes("--tx");
}

Result<RemoteVolume*> transactions_of(Volume& volume) {
    auto* const remote = dynamic_cast<RemoteVolume*>(&volume);
    if (remote != nullptr) return remote;
    return fail(Errc::unavailable, "a transaction lives in the process that has the store open: mount '" +
                                       volume.info().description + "' first");
}

Result<StoreView> StoreView::open(const StoreArgument& argument) {
    StoreView view;
    view.store_ = ASTEROPE_TRY(open_store(argument.store));
    if (argument.transaction) {
        RemoteVolume* const remote = ASTEROPE_TRY(transactions_of(*view.store_));
        view.view_ = ASTEROPE_TRY(naming("open transaction", *argument.transaction, remote->open_named(*argument.transaction)));
    } else if (argument.snapshot) {
        view.view_ = ASTEROPE_TRY(naming("snapshot", *argument.snapshot, view.store_->open_snapshot(*argument.snapshot)));
    }
    return view;
}

}  // namespace asterope::command

#pragma once

#include <type_traits>

#include "client/command/exit_status.h"
#include "client/command/store_view.h"

namespace CLI {
class App;
}

/// The commands of `asterope`. Each add_… gives `app` subcommands, which set `exit_code` when they run.
namespace asterope::command {

void add_store_commands(CLI::App& app, int& exit_code);
void add_care_commands(CLI::App& app, int& exit_code);
void add_mount_command(CLI::App& app, int& exit_code);
void add_umount_command(CLI::App& app, int& exit_code);
void add_file_commands(CLI::App& app, int& exit_code);
void add_name_commands(CLI::App& app, int& exit_code);
void add_meta_commands(CLI::App& app, int& exit_code);
void add_query_command(CLI::App& app, int& exit_code);
void add_transaction_commands(CLI::App& app, int& exit_code);
void add_snapshot_commands(CLI::App& app, int& exit_code);
void add_backup_commands(CLI::App& app, int& exit_code);
void add_transfer_commands(CLI::App& app, int& exit_code);
/// For shells, and hidden: what may follow on a command line, out of the options and subcommands of `app` itself.
void add_complete_command(CLI::App& app, int& exit_code);

/// Runs `action(volume)` on what `argument` names; returns the exit status. The action returns a Status, or the exit
/// status itself when it has reported its errors.
template <class Action>
int with_store(const StoreArgument& argument, Action&& action) {
    const auto view = StoreView::open(argument);
    if (!view) return report(view.error());
    const auto done = action(view->volume());
    if constexpr (std::is_same_v<decltype(done), const int>)
        return done;
    else
        return done ? 0 : report(done.error());
}

}  // namespace asterope::command

#pragma once

#include <memory>
#include <string>
#include <type_traits>

#include "client/command/exit_status.h"
#include "client/open.h"

namespace CLI {
class App;
}

/// The commands of `asterope`. Each add_… gives `app` subcommands, which set `exit_code` when they run.
namespace asterope::command {

void add_store_commands(CLI::App& app, int& exit_code);
void add_mount_command(CLI::App& app, int& exit_code);
void add_umount_command(CLI::App& app, int& exit_code);
void add_file_commands(CLI::App& app, int& exit_code);
void add_name_commands(CLI::App& app, int& exit_code);
void add_meta_commands(CLI::App& app, int& exit_code);
void add_query_command(CLI::App& app, int& exit_code);

/// The volume of a store's directory, or of a directory where one is mounted. Errors: those of open_volume()
Result<std::unique_ptr<Volume>> open_store(const std::string& path);

/// Runs `action(volume)` on the store at `path`; returns the exit status. The action returns a Status, or the exit
/// status itself when it has reported its errors.
template <class Action>
int with_store(const std::string& path, Action&& action) {
    auto volume = open_store(path);
    if (!volume) return report(volume.error());
    const auto done = action(**volume);
    if constexpr (std::is_same_v<decltype(done), const int>)
        return done;
    else
        return done ? 0 : report(done.error());
}

}  // namespace asterope::command

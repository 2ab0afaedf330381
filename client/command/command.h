#pragma once

#include <memory>
#include <string>

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
void add_meta_commands(CLI::App& app, int& exit_code);
void add_query_command(CLI::App& app, int& exit_code);

/// Runs `action(volume)` (which returns a Status) on the store at `path`; returns the exit status.
template <class Action>
int with_store(const std::string& path, Action&& action) {
    auto volume = open_volume(path);
    if (!volume) return report(volume.error());
    const Status done = action(**volume);
    return done ? 0 : report(done.error());
}

}  // namespace asterope::command

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "client/command/command.h"
#include "client/command/mount_helper.h"

namespace {

/// Help and version are no errors; anything else is one line.
int usage_error(const CLI::App& app, const CLI::ParseError& error, const std::string& command) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const auto is_it = [&](const CLI::App* known) { return known->get_name() == command; };
    const bool unknown = !command.empty() && command[0] != '-' && app.get_subcommands(is_it).empty();
    const std::string what = command.empty() ? "which command?" : unknown ? "unknown command '" + command + "'" : error.what();
    std::fprintf(stderr, "asterope: %s (see 'asterope %s--help')\n", what.c_str(),
                 command.empty() || unknown ? "" : (command + " ").c_str());
    return EX_USAGE;
}

/// Runs a command line without the program's name; returns the exit status.
int run(std::vector<std::string> arguments) {
    using namespace asterope::command;
    CLI::App app{"A database for large files with queryable metadata, whose face is a filesystem", "asterope"};
    app.require_subcommand(1);
    app.set_version_flag("--version", ASTEROPE_VERSION);
    int exit_code = 0;
    add_store_commands(app, exit_code);
    add_care_commands(app, exit_code);
    add_mount_command(app, exit_code);
    add_umount_command(app, exit_code);
    add_file_commands(app, exit_code);
    add_name_commands(app, exit_code);
    add_meta_commands(app, exit_code);
    add_query_command(app, exit_code);
    add_transaction_commands(app, exit_code);
    add_snapshot_commands(app, exit_code);
    add_backup_commands(app, exit_code);
    add_transfer_commands(app, exit_code);
    add_complete_command(app, exit_code);
    const std::string command = arguments.empty() ? "" : arguments[0];
    try {
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
        app.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
        return usage_error(app, error, command);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "asterope: %s\n", error.what());
        return EX_SOFTWARE;
    }
    // Output that did not arrive (a full disk) is a failure of the command.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        if (exit_code == 0) exit_code = report(asterope::system_error(errno, "writing to standard output"));
    }
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string program = argc > 0 ? argv[0] : "";
    std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    return asterope::command::is_mount_helper(program)
               ? asterope::command::run_mount_helper(program, std::move(arguments), run)
               : run(std::move(arguments));
}

#include <sysexits.h>

#include <CLI/CLI.hpp>

#include "client/command/command.h"

int main(int argc, char** argv) {
    using namespace asterope::command;
    CLI::App app{"A database for large files with queryable metadata, whose face is a filesystem", "asterope"};
    app.require_subcommand(1);
    int exit_code = 0;
    add_store_commands(app, exit_code);
    add_mount_command(app, exit_code);
    add_umount_command(app, exit_code);
    add_file_commands(app, exit_code);
    add_meta_commands(app, exit_code);
    add_query_command(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : EX_USAGE;
    }
    return exit_code;
}

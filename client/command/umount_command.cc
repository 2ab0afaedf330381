#include <sys/mount.h>

#include <CLI/CLI.hpp>
#include <boost/filesystem.hpp>
#include <cerrno>

#include "client/command/command.h"
#include "client/command/mount_table.h"
#include "client/command/run_program.h"
#include "client/command/unmounting.h"

namespace asterope::command {
namespace {

Status unmount(const std::string& directory) {
    if (::umount2(directory.c_str(), 0) == 0) return {};
    if (errno == EBUSY) return fail(Errc::busy, "'" + directory + "' is busy: a program has a file or directory in it open ('fuser -vm " + directory + "' shows which)");
    if (errno != EPERM) return fail_errno(errno, "unmounting '" + directory + "'");
    if (ASTEROPE_TRY(run_program({"fusermount3", "-u", directory})) != 0)
        return fail(Errc::busy, "fusermount3 could not unmount '" + directory + "'");
    return {};
}

Status run(const std::string& argument) {
    boost::system::error_code error;
    const auto directory = boost::filesystem::canonical(argument, error).string();
    if (error) return fail_errno(error.value(), "'" + argument + "'");
    const auto store = store_mounted_at(directory);
    if (!store) return fail(Errc::invalid, "no store is mounted at '" + directory + "'");
    ASTEROPE_TRY_STATUS(unmount(directory));
    return wait_until_released(*store);
}

}  // namespace

void add_umount_command(CLI::App& app, int& exit_code) {
    const auto directory = std::make_shared<std::string>();
    auto* const command = app.add_subcommand("umount", "Unmount; returns when everything is on disk");
    command->add_option("DIRECTORY", *directory)->required();
    command->callback([=, &exit_code] {
        const Status done = run(*directory);
        exit_code = done ? 0 : report(done.error());
    });
}

}  // namespace asterope::command

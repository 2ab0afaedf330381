#include "client/command/mount_helper.h"

#include <sysexits.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/filesystem.hpp>
#include <cstdio>

#include "client/command/exit_status.h"
#include "client/command/mount_options.h"
#include "client/command/mount_table.h"
#include "client/command/run_program.h"
#include "client/command/unmounting.h"

namespace asterope::command {
namespace {

using Words = std::vector<std::string>;
using Run = std::function<int(Words)>;
constexpr int kWrongUse = 1, kFailed = 32;  // of mount(8)

struct Arguments {
    std::string source, directory, type, mount_namespace;
    Words options;
    bool sloppy = false, fake = false, lazy = false, force = false, read_only = false, unused = false;
};

std::string base_name_of(const std::string& program) {
    return program.substr(program.rfind('/') + 1);
}

int mount_status(int exit_status) {
    return exit_status == 0 ? 0 : exit_status == EX_USAGE ? kWrongUse : kFailed;
}

std::string canonical(const std::string& path) {
    boost::system::error_code error;
    const auto found = boost::filesystem::canonical(path, error);
    return error ? path : found.string();
}

/// Runs mount(8) or umount(8) again, which then do their own work alone (-i).
int hand_back(Words command) {
    command.insert(command.begin() + 1, "-i");
    const auto status = run_program(std::move(command));
    return status ? *status : mount_status(report(status.error()));
}

/// The kernel takes nothing but its own flags when it changes a mount.
int remount(const Arguments& arguments) {
    Words words = arguments.options;
    words.push_back("sloppy");
    const auto options = parse_mount_options(words);
    if (!options) return mount_status(report(options.error()));
    std::string flags = options->mount.read_only ? "remount,ro" : "remount,rw";
    for (const std::string& option : options->mount.options) flags += "," + option;
    return hand_back({"mount", "-o", flags, arguments.source, arguments.directory});
}

/// Notes, where libmount keeps such things, that umount(8) is to call umount.asterope. Only root can; for
/// others umount(8) works as well, and does not wait.
void register_helper(const Arguments& arguments) {
    const std::string directory = canonical(arguments.directory);
    const auto store = store_mounted_at(directory);
    if (::geteuid() == 0 && store)
        hand_back({"mount", "-f", "-c", "-t", "fuse.asterope", "-o", "helper=asterope", *store, directory});
}

int mount(const Arguments& arguments, const Run& run) {
    if (arguments.fake) return 0;
    const Words& words = arguments.options;
    if (std::find(words.begin(), words.end(), "remount") != words.end()) return remount(arguments);
    std::string options;
    for (const std::string& word : words) options += word + ",";
    options += arguments.sloppy ? "sloppy" : "defaults";
    const int status =
        mount_status(run({"mount", "-o", options, "--", arguments.source, arguments.directory}));
    if (status == 0) register_helper(arguments);
    return status;
}

int unmount(const Arguments& arguments, Words given) {
    const auto store = store_mounted_at(canonical(arguments.directory));
    given.insert(given.begin(), "umount");
    const int status = hand_back(std::move(given));
    const bool waits = !arguments.lazy && !arguments.force && !arguments.read_only;
    if (status != 0 || !store || !waits) return status;
    const Status released = wait_until_released(*store);
    return released ? 0 : mount_status(report(released.error()));
}

void add_mount_options(CLI::App& app, Arguments& parsed) {
    app.add_option("STORE", parsed.source)->required();
    app.add_option("-o", parsed.options, "options")->delimiter(',')->allow_extra_args(false);
    app.add_flag("-s", parsed.sloppy, "ignore unknown options");
    app.add_flag("-f", parsed.fake, "do nothing");
}
void add_unmount_options(CLI::App& app, Arguments& parsed) {
    app.add_flag("-l", parsed.lazy, "detach now, end when nothing is open");
    app.add_flag("-f", parsed.force, "abort what is under way");
    app.add_flag("-r", parsed.read_only, "read-only if it is busy");
}

}  // namespace

bool is_mount_helper(const std::string& program) {
    const std::string name = base_name_of(program);
    return name.starts_with("mount.") || name.starts_with("umount.");
}

int run_mount_helper(const std::string& program, Words arguments, const Run& run) {
    const std::string name = base_name_of(program);
    const bool mounting = name.starts_with("mount.");
    Words given = arguments;
    Arguments parsed;
    CLI::App app{mounting ? "Called by mount(8)" : "Called by umount(8)", name};
    mounting ? add_mount_options(app, parsed) : add_unmount_options(app, parsed);
    app.add_option("DIRECTORY", parsed.directory)->required();
    app.add_flag("-n,-v", parsed.unused, "no effect");
    app.add_option("-t", parsed.type, "no effect");
    app.add_option("-N", parsed.mount_namespace, "not supported");
    try {
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
        app.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kWrongUse;
    }
    if (!parsed.mount_namespace.empty()) {
        std::fprintf(stderr, "%s: -N is not supported: enter the namespace with nsenter(1)\n", name.c_str());
        return kWrongUse;
    }
    return mounting ? mount(parsed, run) : unmount(parsed, std::move(given));
}

}  // namespace asterope::command

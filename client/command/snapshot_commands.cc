#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/command/command.h"
#include "engine/serialization/json.h"

namespace asterope::command {
namespace {

struct Arguments {
    StoreArgument store;
    std::string name;
    bool json = false;
};

Status create(Volume& volume, const Arguments& arguments) {
    ASTEROPE_TRY(volume.make_snapshot(arguments.name));
    return {};
}

Status drop(Volume& volume, const Arguments& arguments) {
    return volume.drop_snapshot(arguments.name);
}

Status list(Volume& volume, const Arguments& arguments) {
    for (const SnapshotInfo& snapshot : ASTEROPE_TRY(volume.snapshots())) {
        const std::string created = to_rfc3339({snapshot.created.seconds, 0});
        if (arguments.json)
            std::printf("{\"name\":%s,\"created\":%s}\n", json_quote(snapshot.name).c_str(), json_quote(created).c_str());
        else
            std::printf("%s %s\n", created.c_str(), snapshot.name.c_str());
    }
    return {};
}

}  // namespace

void add_snapshot_commands(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const snapshots = app.add_subcommand("snapshot", "Keep the whole store as it is now under a name");
    snapshots->require_subcommand(1);
    const auto add = [&](const char* command_name, const char* what, Status (*run)(Volume&, const Arguments&),
                         bool named = true) {
        auto* const command = snapshots->add_subcommand(command_name, what);
        command->add_option("STORE", arguments->store.store, "a store, or the directory where it is mounted")->required();
        if (named) command->add_option("NAME", arguments->name)->required();
        command->callback([=, &exit_code] {
            exit_code = with_store(arguments->store, [&](Volume& volume) {
                const Status done = run(volume, *arguments);
                return done ? 0 : report(arguments->name, done.error());
            });
        });
        return command;
    };
    add("create", "Make one: read it with --snapshot NAME", create);
    add("list", "List them, by name", list, false)->add_flag("--json", arguments->json, "one JSON object a line");
    add("drop", "Drop one, with the space that only it still needs", drop);
}

}  // namespace asterope::command

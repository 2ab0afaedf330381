#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "client/command/command.h"
#include "client/remote_volume.h"
#include "engine/serialization/json.h"

namespace asterope::command {
namespace {

const std::map<std::string, Isolation> kIsolations{{"read_committed", Isolation::read_committed},
                                                   {"snapshot", Isolation::snapshot},
                                                   {"serializable", Isolation::serializable}};
const std::map<std::string, Durability> kDurabilities{{"none", Durability::none}, {"sync", Durability::sync}};

struct Arguments {
    StoreArgument store;
    std::string name, isolation = "snapshot", durability = "none";
    std::int64_t idle_limit_seconds = TransactionOptions{}.idle_limit.count();
    bool json = false;
};

Status begin(RemoteVolume& volume, const Arguments& arguments) {
    const Status begun = volume.begin_named(arguments.name, {.isolation = kIsolations.at(arguments.isolation),
                                                             .durability = kDurabilities.at(arguments.durability),
                                                             .idle_limit = std::chrono::seconds(arguments.idle_limit_seconds)});
    if (begun || begun.error().code != Errc::exists) return begun;
    return fail(Errc::exists, "a transaction '" + arguments.name + "' is open already: commit or abort it, or take another name");
}

Status commit(RemoteVolume& volume, const Arguments& arguments) {
    const Status committed = volume.commit_named(arguments.name);
    if (committed || committed.error().code != Errc::conflict) return committed;
    return fail(Errc::conflict, "transaction '" + arguments.name + "' is undone, nothing of it was stored: " +
                                    committed.error().text() + "; begin it again");
}

Status abort(RemoteVolume& volume, const Arguments& arguments) {
    return volume.abort_named(arguments.name);
}

Status list(RemoteVolume& volume, const Arguments& arguments) {
    for (const std::string& name : ASTEROPE_TRY(volume.named_transactions())) {
        if (arguments.json)
            std::printf("{\"name\":%s}\n", json_quote(name).c_str());
        else
            std::printf("%s\n", name.c_str());
    }
    return {};
}

}  // namespace

void add_transaction_commands(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const transactions =
        app.add_subcommand("tx", "Several commands on a mounted store that become visible together: give them --tx NAME");
    transactions->require_subcommand(1);
    const auto add = [&](const char* command_name, const char* what, Status (*run)(RemoteVolume&, const Arguments&),
                         bool named = true) {
        auto* const command = transactions->add_subcommand(command_name, what);
        command->add_option("STORE", arguments->store.store, "a mounted store, or the directory where it is mounted")->required();
        if (named) command->add_option("NAME", arguments->name)->required();
        command->callback([=, &exit_code] {
            exit_code = with_store(arguments->store, [&](Volume& volume) -> int {
                const auto remote = transactions_of(volume);
                const Status done = remote ? run(**remote, *arguments) : Unexpected(remote.error());
                return done ? 0 : report(arguments->name, done.error());
            });
        });
        return command;
    };
    auto* const beginning = add("begin", "Begin one", begin);
    beginning->add_option("--isolation", arguments->isolation, "what it sees of others: read_committed, snapshot (default), serializable")
        ->check(CLI::IsMember(kIsolations));
    beginning->add_option("--durability", arguments->durability, "of its commit: none (default), sync")
        ->check(CLI::IsMember(kDurabilities));
    beginning->add_option("--idle-limit", arguments->idle_limit_seconds, "aborted after so many seconds without use (default 600)")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{86400 * 365}));
    add("commit", "Make everything of it visible, or nothing: exit status 75 when others changed the same", commit);
    add("abort", "Drop everything of it", abort);
    add("list", "List those that are open", list, false)->add_flag("--json", arguments->json, "one JSON object a line");
}

}  // namespace asterope::command

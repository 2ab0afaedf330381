#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/command/command.h"
#include "client/command/progress.h"
#include "engine/storage/backup.h"
#include "engine/storage/check.h"
#include "engine/storage/local_volume.h"

namespace asterope::command {
namespace {

struct Arguments {
    StoreArgument from;
    std::string to;
    bool json = false;
};

/// Copies the state that a snapshot shows. The files of the store are read here, with the rights of who asked; the
/// process that has it open keeps them as they are.
Result<BackupReport> copy_snapshot(Volume& snapshot, const std::string& to) {
    Progress progress;
    const BackupCalls calls{
        .begin = [&](std::uint64_t bytes) { progress.begin(to, bytes); },
        .copied = [&](std::uint64_t bytes) { progress.add(bytes); },
        // If that process has ended meanwhile, so may have the blobs.
        .confirm = [&]() -> Status {
            ASTEROPE_TRY(snapshot.getattr(kRootNode));
            return {};
        },
    };
    return back_up(snapshot.info().description, to, calls);
}

Result<BackupReport> copy_state(Volume& volume, const Arguments& arguments) {
    if (arguments.from.snapshot) return copy_snapshot(volume, arguments.to);
    const auto now = ASTEROPE_TRY(volume.open_snapshot(""));
    return copy_snapshot(*now, arguments.to);
}

void print(const BackupReport& report, bool json) {
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    if (json)
        std::printf("{\"blobs\":%llu,\"copied_blobs\":%llu,\"copied_bytes\":%llu,\"index_bytes\":%llu}\n", number(report.blobs),
                    number(report.copied_blobs), number(report.copied_bytes), number(report.index_bytes));
    else
        std::printf("copied %llu of %llu blobs (%s) and the index (%s)\n", number(report.copied_blobs), number(report.blobs),
                    size_text(report.copied_bytes).c_str(), size_text(report.index_bytes).c_str());
}

int backup(const Arguments& arguments) {
    return with_store(arguments.from, [&](Volume& volume) -> Status {
        print(ASTEROPE_TRY(copy_state(volume, arguments)), arguments.json);
        return {};
    });
}

/// Reports what is wrong with the new store; returns the exit status.
int check_restored(const std::string& store) {
    const auto volume = LocalVolume::open(store, {});
    if (!volume) return report(volume.error());
    const auto checked = check_store(**volume);
    if (!checked) return report(checked.error());
    for (const std::string& problem : checked->problems) std::fprintf(stderr, "asterope: %s\n", problem.c_str());
    return checked->problems.empty() ? 0 : exit_status(Errc::corrupt);
}

int restore(const Arguments& arguments) {
    const bool interrupted = ::access((arguments.to + "/incoming").c_str(), F_OK) == 0;
    if (!interrupted && ::access((arguments.to + "/FORMAT").c_str(), F_OK) == 0)
        return report({Errc::exists, "'" + arguments.to + "' is a store already: name a new directory"});
    const int copied = backup(arguments);
    return copied != 0 ? copied : check_restored(arguments.to);
}

}  // namespace

void add_backup_commands(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    const auto add = [&](const char* name, const char* what, const char* from, const char* to, const char* to_what,
                         int (*run)(const Arguments&)) {
        auto* const command = app.add_subcommand(name, what);
        command->add_option(from, arguments->from.store)->required();
        command->add_option(to, arguments->to, to_what)->required();
        command->add_option("--snapshot", arguments->from.snapshot, "the state that this snapshot keeps, instead of now");
        command->add_flag("--json", arguments->json, "what was copied, as one JSON object");
        command->callback([=, &exit_code] { exit_code = run(*arguments); });
    };
    add("backup", "Copy a store as it is now, mounted or not; what an earlier backup has is not copied again", "STORE",
        "DIRECTORY", "a new directory, or an earlier backup of the same store", backup);
    add("restore", "Make a new store from a backup, and check it", "BACKUP", "STORE", "a new or empty directory", restore);
}

}  // namespace asterope::command

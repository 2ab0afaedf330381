#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <thread>

#include "client/command/command.h"
#include "client/command/mount_table.h"
#include "client/command/progress.h"
#include "client/command/store_jobs.h"
#include "client/remote_volume.h"
#include "engine/serialization/json.h"

namespace asterope::command {
namespace {

constexpr int kDamaged = 65;  ///< EX_DATAERR: a content is not what was written
constexpr std::chrono::milliseconds kBetweenLooks{300};

/// What a job tells, as a line on the terminal.
class Shown {
  public:
    explicit Shown(Unit unit) : unit_(unit) {}
    void operator()(std::string_view what, std::uint64_t done, std::uint64_t total) {
        if (what != what_ || total != total_) line_.begin(std::string(what_ = what), total_ = total, unit_);
        line_.reach(done);
    }

  private:
    const Unit unit_;
    Progress line_;
    std::string what_;
    std::uint64_t total_ = 0;
};

Watch shown(Unit unit) {
    Watch watch;
    watch.progress = [line = std::make_shared<Shown>(unit)](std::string_view what, std::uint64_t done, std::uint64_t total) {
        (*line)(what, done, total);
    };
    return watch;
}

std::uint64_t number_of(const Document& document, std::string_view name) {
    const Value* const value = document.find(name);
    const auto* const number = value == nullptr ? nullptr : value->get_if<std::int64_t>();
    return number == nullptr ? 0 : static_cast<std::uint64_t>(*number);
}

/// A job of the process that has the store open. Shows how far it is, if there is a terminal.
Result<Document> run_there(RemoteVolume& volume, const std::string& name, const Document& arguments, Unit unit) {
    std::jthread looking;
    if (::isatty(STDERR_FILENO) == 1)
        looking = std::jthread([&](const std::stop_token& stop) {
            Shown line(unit);
            while (!stop.stop_requested()) {
                std::this_thread::sleep_for(kBetweenLooks);
                const auto text = volume.admin("progress");
                const auto progress = text ? document_from_json(*text) : fail(Errc::unavailable);
                const Value* const what = progress ? progress->find("what") : nullptr;
                if (what != nullptr && number_of(*progress, "done") > 0 && !stop.stop_requested())
                    line(to_xattr_bytes(*what), number_of(*progress, "done"), number_of(*progress, "total"));
            }
        });
    return document_from_json(ASTEROPE_TRY(volume.admin(name, to_json(arguments))));
}

Result<Document> run_anywhere(Volume& volume, const std::string& name, const Document& arguments, Unit unit) {
    if (auto* const remote = dynamic_cast<RemoteVolume*>(&volume)) return run_there(*remote, name, arguments, unit);
    auto* const local = dynamic_cast<LocalVolume*>(&volume);
    if (local == nullptr) return fail(Errc::unsupported, "this volume has no store of its own");
    return run_job(*local, name, arguments, shown(unit));
}

const Array& lines_of(const Document& report, std::string_view name) {
    static const Array kNone;
    const Value* const lines = report.find(name);
    return lines != nullptr && lines->get_if<Array>() != nullptr ? *lines->get_if<Array>() : kNone;
}

void print_lines(const Document& report, std::string_view name) {
    for (const Value& line : lines_of(report, name)) std::printf("%s\n", to_xattr_bytes(line).c_str());
}

/// Prints a report; returns whether it has problems.
Result<bool> print(const Document& report, bool json, const char* good, const char* bad) {
    const Value* const summary = report.find("summary");
    if (summary == nullptr) return fail(Errc::corrupt, "the report is malformed");
    const bool has_problems = !lines_of(report, "problems").empty();
    if (json) {
        std::printf("%s\n", to_json(report).c_str());
        return has_problems;
    }
    print_lines(report, "mended");
    print_lines(report, "problems");
    std::printf("%s: %s\n", to_xattr_bytes(*summary).c_str(), has_problems ? bad : good);
    return has_problems;
}

struct Arguments {
    StoreArgument store;
    std::uint64_t limit_rate = 0;
    bool json = false, repair = false;
};

Result<bool> check(Volume& volume, const Arguments& arguments) {
    return print(ASTEROPE_TRY(run_anywhere(volume, "check", {}, Unit::items)), arguments.json, "sound", "DAMAGED");
}

Result<bool> repair(const Arguments& arguments) {
    auto report = run_repair(arguments.store.store, shown(Unit::items));
    const bool is_mounted = !report && (report.error().code == Errc::busy || store_mounted_at(arguments.store.store));
    if (is_mounted) return fail(Errc::busy, "'" + arguments.store.store + "' is in use: only a store that is not mounted can be repaired");
    return print(ASTEROPE_TRY(std::move(report)), arguments.json, "sound", "what is named above cannot be repaired");
}

Result<bool> scrub(Volume& volume, const Arguments& arguments) {
    const Document given{{"limit_rate", static_cast<std::int64_t>(arguments.limit_rate)}};
    return print(ASTEROPE_TRY(run_anywhere(volume, "scrub", given, Unit::bytes)), arguments.json, "as they were written", "DAMAGED");
}

/// The exit status of what found damage or not.
int exit_status_of(const Result<bool>& has_problems, int damaged) {
    if (!has_problems) return report(has_problems.error());
    return *has_problems ? damaged : 0;
}

void add_check(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const command = app.add_subcommand("check", "Verify that names, metadata, indexes and blobs agree");
    command->add_option("STORE", arguments->store.store)->required();
    command->add_flag("--json", arguments->json, "as one JSON object");
    command->add_flag("--repair", arguments->repair, "mend what can be mended; the store must not be mounted");
    command->callback([=, &exit_code] {
        const int damaged = exit_status(Errc::corrupt);
        exit_code = arguments->repair
                        ? exit_status_of(repair(*arguments), damaged)
                        : with_store(arguments->store, [&](Volume& volume) { return exit_status_of(check(volume, *arguments), damaged); });
    });
}

void add_scrub(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const command = app.add_subcommand("scrub", "Read all contents from the disk and compare them with their checksums");
    command->add_option("STORE", arguments->store.store)->required();
    command->add_option("--limit-rate", arguments->limit_rate, "bytes a second at most, as 50M or 1G")
        ->transform(CLI::AsSizeValue(false));
    command->add_flag("--json", arguments->json, "as one JSON object");
    command->callback([=, &exit_code] {
        exit_code = with_store(arguments->store, [&](Volume& volume) { return exit_status_of(scrub(volume, *arguments), kDamaged); });
    });
}

}  // namespace

void add_care_commands(CLI::App& app, int& exit_code) {
    add_check(app, exit_code);
    add_scrub(app, exit_code);
}

}  // namespace asterope::command

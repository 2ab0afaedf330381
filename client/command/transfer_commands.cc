#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/command/command.h"
#include "client/command/export.h"
#include "client/command/import.h"
#include "query/parser.h"

namespace asterope::command {
namespace {

struct Arguments {
    StoreArgument store;
    std::string directory;
    std::optional<std::string> query;
    bool json = false;
};

void print(const TransferReport& report, bool json) {
    std::printf("%s\n", to_text(report, json).c_str());
}

int export_tree(Volume& volume, const std::optional<query::Query>& query, const Arguments& arguments) {
    Export work(volume, arguments.directory);
    const int status = work.run(query);
    print(work.report(), arguments.json);
    return status;
}

/// One state of the whole store, whatever others change meanwhile. A transaction has none but its own.
int export_now(Volume& volume, const std::optional<query::Query>& query, const Arguments& arguments) {
    const bool is_one_state = arguments.store.snapshot || arguments.store.transaction;
    if (is_one_state) return export_tree(volume, query, arguments);
    const auto now = volume.open_snapshot("");
    return now ? export_tree(**now, query, arguments) : report(now.error());
}

int run_export(const Arguments& arguments) {
    std::optional<query::Query> query;
    if (arguments.query) {
        auto parsed = query::parse_expression(*arguments.query);
        if (!parsed) return report(parsed.error());
        query = std::move(*parsed);
    }
    return with_store(arguments.store, [&](Volume& volume) { return export_now(volume, query, arguments); });
}

int run_import(const Arguments& arguments) {
    return with_store(arguments.store, [&](Volume& volume) {
        Import work(volume);
        const int status = work.run(arguments.directory);
        print(work.report(), arguments.json);
        return status;
    });
}

}  // namespace

void add_transfer_commands(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const exporting = app.add_subcommand("export", "Write the files of a store to a directory, metadata beside them as JSON");
    add_readable_store_argument(*exporting, arguments->store);
    exporting->add_option("DIRECTORY", arguments->directory, "what is there already is not written again")->required();
    exporting->add_option("--query", arguments->query, "only the files that match this expression");
    exporting->add_flag("--json", arguments->json, "what was written, as one JSON object");
    exporting->callback([=, &exit_code] { exit_code = run_export(*arguments); });

    auto* const importing = app.add_subcommand("import", "Store everything in a directory, with metadata where 'export' wrote it");
    add_store_argument(*importing, arguments->store);
    importing->add_option("DIRECTORY", arguments->directory, "what the store has already is not stored again")->required();
    importing->add_flag("--json", arguments->json, "what was stored, as one JSON object");
    importing->callback([=, &exit_code] { exit_code = run_import(*arguments); });
}

}  // namespace asterope::command

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>

#include "client/command/command.h"
#include "engine/serialization/json.h"
#include "query/parser.h"

namespace asterope::command {
namespace {

struct Arguments {
    StoreArgument store;
    std::string expression;
    std::optional<std::uint64_t> limit;
    bool json = false, count = false, explain = false, zero = false;
};

constexpr std::size_t kBatch = 256;

void print(const Hit& hit, const Arguments& arguments) {
    if (arguments.json)
        std::printf("{\"key\":%s,\"document\":%s}\n", json_quote(hit.key).c_str(), to_json(hit.document.value_or(Document{})).c_str());
    else
        std::printf("%s%c", hit.key.c_str(), arguments.zero ? '\0' : '\n');
}

Status run(Volume& volume, const query::Query& query, const Arguments& arguments) {
    if (arguments.count) {
        std::printf("%llu\n", static_cast<unsigned long long>(ASTEROPE_TRY(volume.count(query, {}))));
        return {};
    }
    if (arguments.explain) {
        std::fputs(ASTEROPE_TRY(volume.explain(query, {})).c_str(), stdout);
        return {};
    }
    const auto results = ASTEROPE_TRY(volume.query(query, {.with_documents = arguments.json}));
    for (;;) {
        const auto hits = ASTEROPE_TRY(results->next(kBatch));
        if (hits.empty()) return {};
        for (const Hit& hit : hits) print(hit, arguments);
    }
}

}  // namespace

void add_query_command(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const command = app.add_subcommand("query", "List the keys whose metadata matches an expression");
    add_readable_store_argument(*command, arguments->store);
    command->add_option("EXPRESSION", arguments->expression, "see asterope-query(7); none: every file");
    command->add_option("--limit", arguments->limit, "at most so many results");
    command->add_flag("--count", arguments->count, "only the number of results");
    command->add_flag("--explain", arguments->explain, "how the query runs");
    command->add_flag("--json", arguments->json, "one JSON object a line, with the metadata");
    command->add_flag("-0,--null", arguments->zero, "end each key with NUL, for xargs -0");
    command->callback([=, &exit_code] {
        auto query = query::parse_expression(arguments->expression);
        if (!query) {
            exit_code = report(query.error());
            return;
        }
        if (arguments->limit) query->limit = std::min(*arguments->limit, query->limit.value_or(*arguments->limit));
        exit_code = with_store(arguments->store, [&](Volume& volume) { return run(volume, *query, *arguments); });
    });
}

}  // namespace asterope::command

#include <CLI/CLI.hpp>

#include "client/command/command.h"
#include "client/command/download.h"
#include "client/command/field_arguments.h"
#include "client/command/places.h"
#include "client/command/upload.h"

namespace asterope::command {
namespace {

struct Arguments {
    StoreArgument store;
    std::vector<std::string> paths, fields, typed_fields;
    bool recursive = false, no_clobber = false;
};

/// The last of `paths` is where the others go; one alone goes by its own name to `otherwise`.
std::string take_target(std::vector<std::string>& paths, const std::string& otherwise) {
    if (paths.size() < 2) return otherwise;
    std::string target = std::move(paths.back());
    paths.pop_back();
    return target;
}

int put(Arguments arguments) {
    const auto changes = changes_of(arguments.fields, arguments.typed_fields);
    if (!changes) return report(changes.error());
    UploadOptions options{.recursive = arguments.recursive, .no_clobber = arguments.no_clobber};
    if (!changes->empty()) options.document.emplace();
    for (const FieldChange& change : *changes) options.document->set(change.name, change.value.value_or(Null{}));
    const std::string target = take_target(arguments.paths, "");
    return with_store(arguments.store,
                      [&](Volume& volume) { return Upload(volume, options).run(arguments.paths, target); });
}

int get(Arguments arguments) {
    const std::string target = take_target(arguments.paths, ".");
    return with_store(arguments.store, [&](Volume& volume) {
        return Download(volume, arguments.recursive).run(arguments.paths, target);
    });
}

}  // namespace

void add_file_commands(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const putting = app.add_subcommand("put", "Store files; on stable storage when it returns");
    add_store_argument(*putting, arguments->store);
    putting->add_option("FILE... [KEY]", arguments->paths,
                        "files (- is standard input), and the key or directory where they go (else the root)")
        ->required();
    putting->add_flag("-r,--recursive", arguments->recursive, "directories with everything in them");
    putting->add_flag("-n,--no-clobber", arguments->no_clobber, "a key that is taken is an error");
    putting->add_option("--meta", arguments->fields, "NAME=VALUE, any number; replaces the metadata");
    putting->add_option("--meta-json", arguments->typed_fields, "NAME=JSON or a JSON object: values with their types");
    putting->callback([=, &exit_code] { exit_code = put(*arguments); });

    auto* const getting = app.add_subcommand("get", "Fetch files");
    add_readable_store_argument(*getting, arguments->store);
    getting->add_option("KEY... [FILE]", arguments->paths,
                        "keys, and the file or directory where they go (else here); - is standard output")
        ->required();
    getting->add_flag("-r,--recursive", arguments->recursive, "directories with everything in them");
    getting->callback([=, &exit_code] { exit_code = get(*arguments); });
}

}  // namespace asterope::command

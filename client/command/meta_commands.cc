#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <optional>

#include "client/command/command.h"
#include "client/command/field_arguments.h"
#include "engine/core/path.h"
#include "engine/serialization/json.h"

namespace asterope::command {
namespace {

struct Arguments {
    StoreArgument store;
    std::string key, patch;
    std::optional<std::uint64_t> if_version;
    std::vector<std::string> fields, typed_fields;
    bool json = false, zero = false;
};

/// The fields that were asked for, or all. Errors: no_attribute
Result<Document> wanted(const Document& document, const Arguments& arguments) {
    if (arguments.fields.empty()) return document;
    Document some;
    for (const std::string& name : arguments.fields) {
        const Value* const value = document.find(name);
        if (value == nullptr) return fail(Errc::no_attribute, "'" + arguments.key + "' has no field '" + name + "'");
        some.set(name, *value);
    }
    return some;
}

Status get(Volume& volume, const Arguments& arguments) {
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    const Document document = ASTEROPE_TRY(wanted(ASTEROPE_TRY(volume.document(attr.node)), arguments));
    const char end = arguments.zero ? '\0' : '\n';
    if (arguments.json) {
        std::printf("%s\n", to_json(document).c_str());
        return {};
    }
    for (const auto& [name, value] : document) {
        // One field that was named is printed alone, byte for byte.
        const std::string bytes = to_xattr_bytes(value);
        if (arguments.fields.size() != 1) std::printf("%s=", name.c_str());
        std::fwrite(bytes.data(), 1, bytes.size(), stdout);
        std::putchar(end);
    }
    return {};
}

Status set(Volume& volume, const Arguments& arguments) {
    const auto changes = ASTEROPE_TRY(changes_of(arguments.fields, arguments.typed_fields));
    if (changes.empty()) return fail(Errc::invalid, "nothing to set: give NAME=VALUE or --json NAME=JSON");
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    const Status done = volume.change_document(attr.node, changes, SetMode::any, arguments.if_version);
    if (done || done.error().code != Errc::conflict || !arguments.if_version) return done;
    return fail(Errc::conflict, "'" + arguments.key + "' no longer has version " + std::to_string(*arguments.if_version) +
                                    ": read it again");
}

Status unset(Volume& volume, const Arguments& arguments) {
    std::vector<FieldChange> changes;
    for (const std::string& field : arguments.fields) changes.push_back({field, std::nullopt});
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    ASTEROPE_TRY(wanted(ASTEROPE_TRY(volume.document(attr.node)), arguments));  // says which field is missing
    return volume.change_document(attr.node, changes, SetMode::replace);
}

Status patch(Volume& volume, const Arguments& arguments) {
    const std::string text =
        arguments.patch == "-" ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : arguments.patch;
    const auto changes = ASTEROPE_TRY(merge_patch_from_json(text));
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    return volume.change_document(attr.node, changes);
}

}  // namespace

void add_meta_commands(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const meta = app.add_subcommand("meta", "Show or change the metadata of a key");
    meta->require_subcommand(1);
    const auto add = [&](const char* name, const char* what, Status (*run)(Volume&, const Arguments&),
                         void (*add_store)(CLI::App&, StoreArgument&) = add_store_argument) {
        auto* const command = meta->add_subcommand(name, what);
        add_store(*command, arguments->store);
        command->add_option("KEY", arguments->key)->required();
        command->callback([=, &exit_code] {
            exit_code = with_store(arguments->store, [&](Volume& volume) {
                const Status done = run(volume, *arguments);
                return done ? 0 : report(arguments->key, done.error());
            });
        });
        return command;
    };
    auto* const getting = add("get", "Show every field, or those that are named", get, add_readable_store_argument);
    getting->add_option("NAME", arguments->fields, "one alone is printed as its value");
    getting->add_flag("--json", arguments->json, "as one JSON object");
    getting->add_flag("-0,--null", arguments->zero, "end each field with NUL");
    auto* const setting = add("set", "Set fields, all in one step", set);
    setting->add_option("NAME=VALUE", arguments->fields);
    setting->add_option("--json", arguments->typed_fields, "NAME=JSON or a JSON object: values with their types");
    setting->add_option("--if-version", arguments->if_version, "only if the key has this version (asterope stat)");
    add("unset", "Remove fields", unset)->add_option("NAME", arguments->fields)->required();
    add("patch", "Apply a JSON merge patch (RFC 7396)", patch)
        ->add_option("JSON", arguments->patch, "- reads it from standard input")
        ->required();
}

}  // namespace asterope::command

#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/command/command.h"
#include "engine/core/path.h"
#include "engine/serialization/json.h"

namespace asterope::command {
namespace {

struct Arguments {
    std::string store, key, patch;
    std::vector<std::string> fields;
    bool json = false;
};

Status get(Volume& volume, const Arguments& arguments) {
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    const Document document = ASTEROPE_TRY(volume.document(attr.node));
    if (arguments.json) {
        std::printf("%s\n", to_json(document).c_str());
        return {};
    }
    for (const auto& [name, value] : document) std::printf("%s=%s\n", name.c_str(), to_xattr_bytes(value).c_str());
    return {};
}

Status set(Volume& volume, const Arguments& arguments) {
    std::vector<FieldChange> changes;
    for (const std::string& field : arguments.fields) {
        const std::size_t equals = field.find('=');
        if (equals == std::string::npos || equals == 0) return fail(Errc::invalid, "'" + field + "' is not NAME=VALUE");
        changes.push_back({field.substr(0, equals), from_xattr_bytes(field.substr(equals + 1))});
    }
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    return volume.change_document(attr.node, changes);
}

Status unset(Volume& volume, const Arguments& arguments) {
    std::vector<FieldChange> changes;
    for (const std::string& field : arguments.fields) changes.push_back({field, std::nullopt});
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    return volume.change_document(attr.node, changes, SetMode::replace);
}

Status patch(Volume& volume, const Arguments& arguments) {
    const auto changes = ASTEROPE_TRY(merge_patch_from_json(arguments.patch));
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    return volume.change_document(attr.node, changes);
}

}  // namespace

void add_meta_commands(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const meta = app.add_subcommand("meta", "Show or change the metadata of a key");
    meta->require_subcommand(1);
    const auto add = [&](const char* name, const char* what, Status (*run)(Volume&, const Arguments&)) {
        auto* const command = meta->add_subcommand(name, what);
        command->add_option("STORE", arguments->store)->required();
        command->add_option("KEY", arguments->key)->required();
        command->callback([=, &exit_code] {
            exit_code = with_store(arguments->store, [&](Volume& volume) { return run(volume, *arguments); });
        });
        return command;
    };
    add("get", "Show every field", get)->add_flag("--json", arguments->json, "as one JSON object");
    add("set", "Set fields", set)->add_option("NAME=VALUE", arguments->fields)->required();
    add("unset", "Remove fields", unset)->add_option("NAME", arguments->fields)->required();
    add("patch", "Apply a JSON merge patch", patch)->add_option("JSON", arguments->patch)->required();
}

}  // namespace asterope::command

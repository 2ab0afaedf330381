#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/command/attr_text.h"
#include "client/command/command.h"
#include "engine/core/path.h"
#include "engine/serialization/json.h"
#include "engine/storage/local_volume.h"

namespace asterope::command {

namespace {

Status sync(Volume& volume) {
    return volume.sync();
}

Status stat_store(Volume& volume, bool json) {
    const VolumeInfo info = volume.info();
    const SpaceInfo space = ASTEROPE_TRY(volume.space());
    if (json) {
        std::printf("{\"store\":%s,\"uuid\":%s,\"nodes\":%llu,\"fields\":%llu,\"available_bytes\":%llu,\"total_bytes\":%llu}\n",
                    json_quote(info.description).c_str(), json_quote(info.uuid).c_str(),
                    static_cast<unsigned long long>(space.node_count), static_cast<unsigned long long>(space.field_count),
                    static_cast<unsigned long long>(space.available_bytes),
                    static_cast<unsigned long long>(space.total_bytes));
        return {};
    }
    std::printf("store  %s\nuuid   %s\nnodes  %llu\nfields %llu\nfree   %llu of %llu bytes\n", info.description.c_str(),
                info.uuid.c_str(), static_cast<unsigned long long>(space.node_count),
                static_cast<unsigned long long>(space.field_count),
                static_cast<unsigned long long>(space.available_bytes), static_cast<unsigned long long>(space.total_bytes));
    return {};
}

Status stat_key(Volume& volume, const std::string& key, bool json) {
    const Attr attr = ASTEROPE_TRY(resolve(volume, key));
    const auto checksum = ASTEROPE_TRY(volume.checksum(attr.node));
    if (json) {
        std::printf("{\"key\":%s,%s,\"checksum\":%s,\"document\":%s}\n", json_quote(key).c_str(), attr_json(attr).c_str(),
                    checksum ? json_quote(*checksum).c_str() : "null",
                    to_json(ASTEROPE_TRY(volume.document(attr.node))).c_str());
        return {};
    }
    std::printf("key     %s\nnode    %llu\ntype    %s\nmode    %04o\nsize    %llu bytes\nlinks   %u\nmtime   %s\nversion %llu\n",
                key.c_str(), static_cast<unsigned long long>(raw(attr.node)), name_of(attr.type), attr.mode,
                static_cast<unsigned long long>(attr.size), attr.nlink, to_rfc3339(attr.mtime).c_str(),
                static_cast<unsigned long long>(attr.version));
    if (checksum) std::printf("xxh128  %s\n", checksum->c_str());
    std::printf("meta    %s\n", to_json(ASTEROPE_TRY(volume.document(attr.node))).c_str());
    return {};
}

struct Arguments {
    StoreArgument store;
    std::string key;
    bool json = false;
};

}  // namespace

void add_store_commands(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const init = app.add_subcommand("init", "Make an empty store");
    init->add_option("STORE", arguments->store.store, "a new or empty directory")->required();
    init->callback([=, &exit_code] {
        const Status made = LocalVolume::init(arguments->store.store);
        exit_code = made ? 0 : report(made.error());
    });
    auto* const syncing = app.add_subcommand("sync", "Return when everything is on stable storage");
    syncing->add_option("STORE", arguments->store.store, "a store, or the directory where it is mounted")->required();
    syncing->callback([=, &exit_code] { exit_code = with_store(arguments->store, sync); });
    auto* const stat = app.add_subcommand("stat", "Show a store, or one key of it");
    add_readable_store_argument(*stat, arguments->store);
    stat->add_option("KEY", arguments->key);
    stat->add_flag("--json", arguments->json, "as one JSON object");
    stat->callback([=, &exit_code] {
        exit_code = with_store(arguments->store, [&](Volume& volume) {
            const Status done = arguments->key.empty() ? stat_store(volume, arguments->json)
                                                       : stat_key(volume, arguments->key, arguments->json);
            return done ? 0 : report(arguments->key, done.error());
        });
    });
}

}  // namespace asterope::command

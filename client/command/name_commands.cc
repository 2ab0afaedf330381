#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "client/command/attr_text.h"
#include "client/command/command.h"
#include "client/command/places.h"
#include "engine/core/path.h"
#include "engine/serialization/json.h"

namespace asterope::command {
namespace {

struct Arguments {
    StoreArgument store;
    std::string key;
    std::vector<std::string> keys;
    bool details = false, json = false, zero = false, recursive = false, force = false, no_clobber = false;
};

Status print_entry(Volume& volume, const DirEntry& entry, const std::string& key, const Arguments& arguments) {
    if (!arguments.details && !arguments.json) {
        const char* const slash = entry.type == NodeType::directory && !arguments.zero ? "/" : "";
        std::printf("%s%s%c", entry.name.c_str(), slash, arguments.zero ? '\0' : '\n');
        return {};
    }
    const auto attr = volume.getattr(entry.node);
    if (!attr && attr.error().code == Errc::not_found) return {};  // removed meanwhile
    if (!attr) return Unexpected(attr.error());
    if (arguments.json)
        std::printf("{\"key\":%s,%s}\n", json_quote(key).c_str(), attr_json(*attr).c_str());
    else
        std::printf("%s %s%c", attr_line(*attr).c_str(), entry.name.c_str(), arguments.zero ? '\0' : '\n');
    return {};
}

Result<std::vector<DirEntry>> entries_of(Volume& volume, NodeId dir) {
    constexpr std::size_t kBatch = 1000;
    std::vector<DirEntry> all;
    for (std::uint64_t cookie = 0;;) {
        const auto entries = ASTEROPE_TRY(volume.list(dir, cookie, kBatch));
        if (entries.empty()) break;
        for (const DirEntry& entry : entries) {
            // What belongs to the mount is no key.
            if (dir != kRootNode || entry.name != ".asterope") all.push_back(entry);
        }
        cookie = entries.back().cookie;
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
}

Status list(Volume& volume, const Arguments& arguments) {
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    if (attr.type != NodeType::directory)
        return print_entry(volume, {arguments.key, attr.node, attr.type, 0}, arguments.key, arguments);
    for (const DirEntry& entry : ASTEROPE_TRY(entries_of(volume, attr.node)))
        ASTEROPE_TRY_STATUS(print_entry(volume, entry, join_key(arguments.key, entry.name), arguments));
    return {};
}

/// Removes everything below `top` and itself, without recursion: always the first entry of the deepest directory.
Status remove_tree(Volume& volume, const Place& top) {
    std::vector<Place> path{top};
    while (!path.empty()) {
        const Place at = path.back();
        const Attr attr = ASTEROPE_TRY(volume.lookup(at.dir, at.name));
        if (attr.type != NodeType::directory) {
            ASTEROPE_TRY_STATUS(volume.unlink(at.dir, at.name));
            path.pop_back();
            continue;
        }
        const auto first = ASTEROPE_TRY(volume.list(attr.node, 0, 1));
        if (!first.empty()) {
            path.push_back({attr.node, first.front().name});
            continue;
        }
        ASTEROPE_TRY_STATUS(volume.rmdir(at.dir, at.name));
        path.pop_back();
    }
    return {};
}

Status remove_one(Volume& volume, const std::string& key, const Arguments& arguments) {
    const Place place = ASTEROPE_TRY(resolve_parent(volume, key));
    if (arguments.recursive) return remove_tree(volume, place);
    const Attr attr = ASTEROPE_TRY(volume.lookup(place.dir, place.name));
    if (attr.type == NodeType::directory) return fail(Errc::is_dir, "'" + key + "' is a directory: use -r");
    return volume.unlink(place.dir, place.name);
}

int remove(Volume& volume, const Arguments& arguments) {
    Outcome outcome;
    for (const std::string& key : arguments.keys) {
        const Status removed = remove_one(volume, key, arguments);
        const bool missing = !removed && removed.error().code == Errc::not_found;
        if (!(missing && arguments.force)) outcome.note(key, removed);
    }
    return outcome.exit_status();
}

Status move_one(Volume& volume, const std::string& key, const std::string& target, RenameMode mode) {
    const Place from = ASTEROPE_TRY(resolve_parent(volume, key));
    ASTEROPE_TRY(volume.lookup(from.dir, from.name));  // before directories are made for it
    const Place to = ASTEROPE_TRY(make_place(volume, target));
    const Status moved = volume.rename({from.dir, from.name}, {to.dir, to.name}, mode);
    if (!moved && moved.error().code == Errc::exists) return fail(Errc::exists, "'" + target + "' exists already");
    return moved;
}

int move(Volume& volume, Arguments arguments) {
    const std::string last = std::move(arguments.keys.back());
    arguments.keys.pop_back();
    const auto target = target_of(volume, last, arguments.keys.size());
    if (!target) return report(last, target.error());
    Outcome outcome;
    for (const std::string& key : arguments.keys) {
        const auto mode = arguments.no_clobber ? RenameMode::no_replace : RenameMode::replace;
        outcome.note(key, move_one(volume, key, target->for_source(key), mode));
    }
    return outcome.exit_status();
}

}  // namespace

void add_name_commands(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const listing = app.add_subcommand("ls", "List a directory, by name");
    add_readable_store_argument(*listing, arguments->store);
    listing->add_option("KEY", arguments->key);
    listing->add_flag("-l", arguments->details, "with type, mode, owner, size and time");
    listing->add_flag("--json", arguments->json, "one JSON object a line");
    listing->add_flag("-0,--null", arguments->zero, "end each name with NUL, for xargs -0");
    listing->callback([=, &exit_code] {
        exit_code = with_store(arguments->store, [&](Volume& volume) {
            const Status done = list(volume, *arguments);
            return done ? 0 : report(arguments->key, done.error());
        });
    });

    auto* const removing = app.add_subcommand("rm", "Remove files");
    add_store_argument(*removing, arguments->store);
    removing->add_option("KEY", arguments->keys)->required();
    removing->add_flag("-r,--recursive", arguments->recursive, "directories with everything in them");
    removing->add_flag("-f,--force", arguments->force, "a key that is not there is no error");
    removing->callback([=, &exit_code] {
        exit_code = with_store(arguments->store, [&](Volume& volume) { return remove(volume, *arguments); });
    });

    auto* const moving = app.add_subcommand("mv", "Rename, or move into a directory");
    add_store_argument(*moving, arguments->store);
    moving->add_option("KEY... TARGET", arguments->keys)->required()->expected(2, 1 << 20);
    moving->add_flag("-n,--no-clobber", arguments->no_clobber, "a key that is taken is an error");
    moving->callback([=, &exit_code] {
        exit_code = with_store(arguments->store, [&](Volume& volume) { return move(volume, *arguments); });
    });
}

}  // namespace asterope::command

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/command/command.h"
#include "engine/core/path.h"
#include "engine/storage/descriptor.h"

namespace asterope::command {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;

struct Arguments {
    std::string store, key, other, file;
    std::vector<std::string> fields;
    bool details = false, recursive = false;
};

NewNode new_directory() { return {.type = NodeType::directory, .mode = 0755, .uid = ::geteuid(), .gid = ::getegid()}; }

Result<storage::Descriptor> open_input(const std::string& file) {
    if (file == "-") return storage::Descriptor(::dup(0));
    return storage::open_file(file, O_RDONLY);
}

Result<std::unique_ptr<StagedContent>> read_all(Volume& volume, const std::string& file) {
    const auto input = ASTEROPE_TRY(open_input(file));
    auto content = ASTEROPE_TRY(volume.stage());
    std::vector<std::byte> chunk(kChunkBytes);
    for (;;) {
        const ssize_t size = ::read(input.get(), chunk.data(), chunk.size());
        if (size == 0) return content;
        if (size > 0)
            ASTEROPE_TRY_STATUS(content->append(std::span(chunk).first(static_cast<std::size_t>(size))));
        else if (errno != EINTR)
            return fail_errno(errno, "'" + file + "'");
    }
}

/// The parent directories of `key` are created when they are missing.
Result<Place> make_place(Volume& volume, const std::string& key) {
    auto components = ASTEROPE_TRY(split_key(key));
    if (components.empty()) return fail(Errc::invalid, "the root is no key");
    Place place{kRootNode, components.back()};
    std::string above;
    for (std::size_t i = 0; i + 1 < components.size(); ++i) above += components[i] + "/";
    place.dir = ASTEROPE_TRY(make_directories(volume, above, new_directory())).node;
    return place;
}

Status put(Volume& volume, const Arguments& arguments) {
    PutRequest request{.uid = ::geteuid(), .gid = ::getegid(), .durability = Durability::sync};
    Document document;
    for (const std::string& field : arguments.fields) {
        const std::size_t equals = field.find('=');
        if (equals == std::string::npos || equals == 0) return fail(Errc::invalid, "'" + field + "' is not NAME=VALUE");
        document.set(field.substr(0, equals), from_xattr_bytes(field.substr(equals + 1)));
    }
    if (!document.empty()) request.document = std::move(document);
    request.content = ASTEROPE_TRY(read_all(volume, arguments.file));
    const Place place = ASTEROPE_TRY(make_place(volume, arguments.key));
    ASTEROPE_TRY(volume.put(place.dir, place.name, std::move(request)));
    return {};
}

Status get(Volume& volume, const Arguments& arguments) {
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    const auto content = ASTEROPE_TRY(volume.open(attr.node, {}));
    const auto output = arguments.file == "-" ? Result<storage::Descriptor>(storage::Descriptor(::dup(1)))
                                              : storage::open_file(arguments.file, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (!output) return Unexpected(output.error());
    std::vector<std::byte> chunk(kChunkBytes);
    for (std::uint64_t offset = 0;;) {
        const std::size_t size = ASTEROPE_TRY(content->read(offset, chunk));
        if (size == 0) return {};
        for (std::size_t done = 0; done < size;) {
            const ssize_t written = ::write(output->get(), chunk.data() + done, size - done);
            if (written < 0 && errno != EINTR) return fail_errno(errno, "'" + arguments.file + "'");
            if (written > 0) done += static_cast<std::size_t>(written);
        }
        offset += size;
    }
}

Status print_entry(Volume& volume, const DirEntry& entry, bool details) {
    if (!details) {
        std::printf("%s%s\n", entry.name.c_str(), entry.type == NodeType::directory ? "/" : "");
        return {};
    }
    const Attr attr = ASTEROPE_TRY(volume.getattr(entry.node));
    std::printf("%-7s %04o %u:%u %15llu %s %s\n", name_of(attr.type), attr.mode, attr.uid, attr.gid,
                static_cast<unsigned long long>(attr.size), to_rfc3339({attr.mtime.seconds, 0}).c_str(), entry.name.c_str());
    return {};
}

Status list(Volume& volume, const Arguments& arguments) {
    const Attr attr = ASTEROPE_TRY(resolve(volume, arguments.key));
    if (attr.type != NodeType::directory)
        return print_entry(volume, {arguments.key, attr.node, attr.type, 0}, arguments.details);
    constexpr std::size_t kBatch = 1000;
    for (std::uint64_t cookie = 0;;) {
        const auto entries = ASTEROPE_TRY(volume.list(attr.node, cookie, kBatch));
        if (entries.empty()) return {};
        for (const DirEntry& entry : entries) {
            // What belongs to the mount is no key.
            if (attr.node == kRootNode && entry.name == ".asterope") continue;
            ASTEROPE_TRY_STATUS(print_entry(volume, entry, arguments.details));
        }
        cookie = entries.back().cookie;
    }
}

/// Removes everything below `dir`, without recursion: always the first entry of the deepest directory.
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

Status remove(Volume& volume, const Arguments& arguments) {
    const Place place = ASTEROPE_TRY(resolve_parent(volume, arguments.key));
    if (arguments.recursive) return remove_tree(volume, place);
    const Attr attr = ASTEROPE_TRY(volume.lookup(place.dir, place.name));
    if (attr.type == NodeType::directory) return fail(Errc::is_dir, "'" + arguments.key + "' is a directory: use -r");
    return volume.unlink(place.dir, place.name);
}

Status move(Volume& volume, const Arguments& arguments) {
    const Place from = ASTEROPE_TRY(resolve_parent(volume, arguments.key));
    const Place to = ASTEROPE_TRY(make_place(volume, arguments.other));
    return volume.rename({from.dir, from.name}, {to.dir, to.name}, RenameMode::replace);
}

}  // namespace

void add_file_commands(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    const auto add = [&](const char* name, const char* what, Status (*run)(Volume&, const Arguments&)) {
        auto* const command = app.add_subcommand(name, what);
        command->add_option("STORE", arguments->store)->required();
        command->callback([=, &exit_code] {
            exit_code = with_store(arguments->store, [&](Volume& volume) {
                Status done = run(volume, *arguments);
                if (!done && done.error().message.empty())
                    return Status(fail(done.error().code, "'" + arguments->key + "': " + done.error().text()));
                return done;
            });
        });
        return command;
    };
    auto* const putting = add("put", "Store a file; on stable storage when it returns", put);
    putting->add_option("FILE", arguments->file, "a file, or - for standard input")->required();
    putting->add_option("KEY", arguments->key)->required();
    putting->add_option("--meta", arguments->fields, "NAME=VALUE, any number; replaces the metadata");
    auto* const getting = add("get", "Fetch a file", get);
    getting->add_option("KEY", arguments->key)->required();
    getting->add_option("FILE", arguments->file, "a file, or - for standard output")->required();
    auto* const listing = add("ls", "List a directory", list);
    listing->add_option("KEY", arguments->key);
    listing->add_flag("-l", arguments->details, "with type, mode, owner, size and time");
    auto* const removing = add("rm", "Remove a file", remove);
    removing->add_option("KEY", arguments->key)->required();
    removing->add_flag("-r", arguments->recursive, "or a directory with everything in it");
    auto* const moving = add("mv", "Rename", move);
    moving->add_option("FROM", arguments->key)->required();
    moving->add_option("TO", arguments->other)->required();
}

}  // namespace asterope::command

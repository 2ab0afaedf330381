#include "client/command/download.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "client/command/file_transfer.h"
#include "client/command/places.h"
#include "engine/core/path.h"
#include "engine/core/descriptor.h"

namespace asterope::command {
namespace {

constexpr std::size_t kListBatch = 1000;

bool is_directory(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}
/// A device or pipe is written to, not replaced.
bool is_special(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

}  // namespace

int Download::run(const std::vector<std::string>& keys, const std::string& target) {
    const bool into = target != "-" && is_directory(target);
    if (keys.size() > 1 && !into && target != "-")
        return report({Errc::not_dir, "'" + target + "' is not a directory, so several files cannot go there"});
    for (const std::string& key : keys) {
        const auto attr = resolve(volume_, key);
        if (!attr) {
            note(key, Unexpected(attr.error()));
            continue;
        }
        const std::string name = base_name(key);
        waiting_.push_back({*attr, key, into && !name.empty() ? target + "/" + name : target});
        // Directories add what is in them; a list, not recursion, since trees may be deep.
        while (!waiting_.empty()) {
            const Item item = std::move(waiting_.back());
            waiting_.pop_back();
            note(item.key, get(item));
        }
    }
    return outcome_.exit_status();
}

void Download::note(const std::string& key, const Status& status) {
    if (!status) progress_.hide();
    outcome_.note(key, status);
}

Status Download::get(const Item& item) {
    switch (item.attr.type) {
        case NodeType::file: return get_file(item);
        case NodeType::directory:
            if (!recursive_) return fail(Errc::is_dir, "'" + item.key + "' is a directory: use -r");
            return get_directory(item);
        case NodeType::symlink: return get_symlink(item);
        default: return fail(Errc::invalid, "'" + item.key + "' has no content: it is a " + name_of(item.attr.type));
    }
}

Status Download::get_file(const Item& item) {
    const auto file = ASTEROPE_TRY(volume_.open(item.attr.node, {}));
    progress_.begin(item.key, item.attr.size);
    if (item.path == "-") return copy_out(*file, STDOUT_FILENO, "standard output", false, progress_);
    if (is_special(item.path)) {
        const auto there = ASTEROPE_TRY(open_file(item.path, O_WRONLY));
        return copy_out(*file, there.get(), item.path, false, progress_);
    }
    NewFile made = ASTEROPE_TRY(NewFile::create(item.path, item.attr.mode & 0777));
    ASTEROPE_TRY_STATUS(copy_out(*file, made.fd(), item.path, true, progress_));
    return made.publish();
}

Status Download::get_directory(const Item& item) {
    if (item.path == "-") return fail(Errc::is_dir, "'" + item.key + "' is a directory: name one to put it in");
    if (::mkdir(item.path.c_str(), (item.attr.mode & 0777) | 0700) != 0 && !(errno == EEXIST && is_directory(item.path)))
        return fail_errno(errno, "'" + item.path + "'");
    for (std::uint64_t cookie = 0;;) {
        const auto entries = ASTEROPE_TRY(volume_.list(item.attr.node, cookie, kListBatch));
        if (entries.empty()) return {};
        for (const DirEntry& entry : entries) {
            if (item.attr.node == kRootNode && entry.name == ".asterope") continue;  // the mount's own
            const auto attr = volume_.getattr(entry.node);
            if (attr)
                waiting_.push_back({*attr, join_key(item.key, entry.name), item.path + "/" + entry.name});
            else if (attr.error().code != Errc::not_found)  // else removed meanwhile
                note(join_key(item.key, entry.name), Unexpected(attr.error()));
        }
        cookie = entries.back().cookie;
    }
}

Status Download::get_symlink(const Item& item) {
    const std::string target = ASTEROPE_TRY(volume_.readlink(item.attr.node));
    if (item.path == "-") return fail(Errc::invalid, "'" + item.key + "' is a symbolic link to '" + target + "'");
    if (::symlink(target.c_str(), item.path.c_str()) != 0) return fail_errno(errno, "'" + item.path + "'");
    return {};
}

}  // namespace asterope::command

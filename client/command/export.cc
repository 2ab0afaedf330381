#include "client/command/export.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "client/command/places.h"
#include "engine/core/path.h"

namespace asterope::command {
namespace {

constexpr std::size_t kBatch = 1000;
/// What is not whole yet, in the exported directory. No exported name is like it (client/command/sidecar.h).
constexpr const char* kTemporary = "/.asterope~00000000000000000000000000000000";

std::optional<struct stat> stat_of(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

Status local_error(const std::string& path) { return fail_errno(errno, "'" + path + "'"); }

/// Owner, mode and times; a symbolic link has no mode.
Status set_attributes(const Attr& attr, const std::string& path) {
    if (::geteuid() == 0 && ::lchown(path.c_str(), attr.uid, attr.gid) != 0) return local_error(path);
    if (attr.type != NodeType::symlink && ::chmod(path.c_str(), attr.mode) != 0) return local_error(path);
    const timespec times[] = {timespec_of(attr.atime), timespec_of(attr.mtime)};
    return ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0 ? Status{} : local_error(path);
}

bool is_same(const struct stat& there, const Attr& attr) {
    const bool owned = ::geteuid() != 0 || (there.st_uid == attr.uid && there.st_gid == attr.gid);
    return owned && (there.st_mode & S_IFMT) == mode_bits(attr.type) &&
           (attr.type == NodeType::symlink || (there.st_mode & 07777) == attr.mode) &&
           timestamp_of(there.st_mtim) == attr.mtime &&
           (attr.type != NodeType::file || static_cast<std::uint64_t>(there.st_size) == attr.size);
}

/// Something else of this name makes room; a directory does not.
Status make_room(const std::string& path) {
    return ::unlink(path.c_str()) == 0 || errno == ENOENT ? Status{} : local_error(path);
}

std::string read_text(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

std::string to_text(const TransferReport& report, bool json) {
    std::array<char, 256> text{};
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    if (json)
        std::snprintf(text.data(), text.size(),
                      "{\"files\":%llu,\"directories\":%llu,\"others\":%llu,\"skipped\":%llu,\"bytes\":%llu,\"errors\":%llu}",
                      number(report.files), number(report.directories), number(report.others), number(report.skipped),
                      number(report.bytes), number(report.errors));
    else
        std::snprintf(text.data(), text.size(), "%llu files (%s), %llu directories, %llu others; %llu of them were there already",
                      number(report.files), size_text(report.bytes).c_str(), number(report.directories), number(report.others),
                      number(report.skipped));
    return text.data();
}

int Export::run(const std::optional<query::Query>& query) {
    Status done = begin();
    if (done) done = query ? results(*query) : all();
    note(directory_, done);
    while (!levels_.empty()) leave();
    return outcome_.exit_status();
}

void Export::note(const std::string& key, const Status& status) {
    if (status) return;
    progress_.hide();
    ++report_.errors;
    outcome_.note(key, status);
}

/// The directory itself, which is the root.
Status Export::begin() {
    if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return local_error(directory_);
    ASTEROPE_TRY_STATUS(make_room(directory_ + kTemporary));  // an interrupted run left it
    const Attr root = ASTEROPE_TRY(volume_.getattr(kRootNode));
    levels_.push_back({root, "", directory_});
    return write_sidecar(ASTEROPE_TRY(sidecar_of(volume_, kRootNode, "")), directory_ + "/");
}

Status Export::all() {
    while (!levels_.empty()) {
        const auto entry = next_entry(levels_.back());
        if (!entry) note(levels_.back().key, Unexpected(entry.error()));
        if (!entry || !*entry) {
            leave();
            continue;
        }
        const auto attr = volume_.getattr((*entry)->node);
        if (attr)
            export_node(*attr, (*entry)->name);
        else if (attr.error().code != Errc::not_found)  // else removed meanwhile
            note(join_key(levels_.back().key, (*entry)->name), Unexpected(attr.error()));
    }
    return {};
}

/// nullopt: there are no more.
Result<std::optional<DirEntry>> Export::next_entry(Level& level) {
    if (level.next == level.entries.size()) {
        level.entries = ASTEROPE_TRY(volume_.list(level.attr.node, level.cookie, kBatch));
        level.next = 0;
        if (level.entries.empty()) return std::optional<DirEntry>();
        level.cookie = level.entries.back().cookie;
    }
    return std::optional(level.entries[level.next++]);
}

Status Export::results(const query::Query& query) {
    const auto stream = ASTEROPE_TRY(volume_.query(query, {}));
    for (;;) {
        const auto hits = ASTEROPE_TRY(stream->next(kBatch));
        if (hits.empty()) return {};
        for (const Hit& hit : hits) {
            const Status there = go_to(hit.key);
            const auto attr = there ? volume_.getattr(hit.node) : Unexpected(there.error());
            if (attr)
                export_node(*attr, base_name(hit.key));
            else
                note(hit.key, Unexpected(attr.error()));
        }
    }
}

/// Leaves and enters directories, until the last is the one that `key` is in.
Status Export::go_to(const std::string& key) {
    while (levels_.size() > 1 && !key.starts_with(levels_.back().key + "/")) leave();
    const auto components = ASTEROPE_TRY(split_key(key));
    for (std::size_t i = levels_.size() - 1; i + 1 < components.size(); ++i)
        ASTEROPE_TRY_STATUS(enter(ASTEROPE_TRY(volume_.lookup(levels_.back().attr.node, components[i])), components[i]));
    return {};
}

Status Export::enter(const Attr& attr, const std::string& name) {
    const std::string path = levels_.back().path + "/" + exported_name(name);
    const auto there = stat_of(path);
    const bool made = !there && ::mkdir(path.c_str(), 0700) == 0;
    if (!made && !(there && S_ISDIR(there->st_mode))) return there ? fail(Errc::not_dir, "'" + path + "' is in the way") : local_error(path);
    // So that what is below can be written, whatever its mode is to be.
    if (!made && ::chmod(path.c_str(), there->st_mode | 0700) != 0) return local_error(path);
    ++report_.directories;
    if (!made) ++report_.skipped;
    levels_.push_back({attr, join_key(levels_.back().key, name), path});
    return write_sidecar(ASTEROPE_TRY(sidecar_of(volume_, attr.node, name)), path);
}

/// The last thing that happens to a directory: whatever comes into it would change its time.
void Export::leave() {
    const Level level = std::move(levels_.back());
    levels_.pop_back();
    note(level.key, set_attributes(level.attr, level.path));
}

void Export::export_node(const Attr& attr, const std::string& name) {
    const std::string key = join_key(levels_.back().key, name);
    if (attr.type == NodeType::directory) return note(key, enter(attr, name));
    const auto write = [&]() -> Status {
        const std::string path = levels_.back().path + "/" + exported_name(name);
        ASTEROPE_TRY_STATUS(write_sidecar(ASTEROPE_TRY(sidecar_of(volume_, attr.node, name)), path));
        return write_node(attr, path);
    };
    note(key, write());
}

Status Export::write_node(const Attr& attr, const std::string& path) {
    if (attr.nlink > 1 && ASTEROPE_TRY(write_link(attr, path))) return {};
    ++(attr.type == NodeType::file ? report_.files : report_.others);
    const auto there = stat_of(path);
    if (there && is_same(*there, attr)) {
        ++report_.skipped;
        return {};
    }
    switch (attr.type) {
        case NodeType::file: return write_file(attr, path);
        case NodeType::symlink: ASTEROPE_TRY_STATUS(write_symlink(attr, path)); break;
        default: ASTEROPE_TRY_STATUS(write_special(attr, path)); break;
    }
    return set_attributes(attr, path);
}

Result<NewFile> Export::new_file(const std::string& path, mode_t mode) {
    return NewFile::create(path, directory_ + kTemporary, mode);
}

Status Export::write_file(const Attr& attr, const std::string& path) {
    progress_.begin(path, attr.size);
    const auto file = ASTEROPE_TRY(volume_.open(attr.node, {}));
    NewFile made = ASTEROPE_TRY(new_file(path, 0600));
    ASTEROPE_TRY_STATUS(copy_out(*file, made.fd(), path, true, progress_));
    ASTEROPE_TRY_STATUS(set_attributes(attr, directory_ + kTemporary));
    report_.bytes += attr.size;
    return made.publish();
}

Status Export::write_symlink(const Attr& attr, const std::string& path) {
    const std::string target = ASTEROPE_TRY(volume_.readlink(attr.node));
    ASTEROPE_TRY_STATUS(make_room(path));
    return ::symlink(target.c_str(), path.c_str()) == 0 ? Status{} : local_error(path);
}

Status Export::write_special(const Attr& attr, const std::string& path) {
    ASTEROPE_TRY_STATUS(make_room(path));
    return ::mknod(path.c_str(), mode_bits(attr.type) | 0600, attr.rdev) == 0 ? Status{} : local_error(path);
}

/// A further name of a file that has been written. False: this is its first.
Result<bool> Export::write_link(const Attr& attr, const std::string& path) {
    const auto [at, first] = written_.emplace(attr.node, path);
    if (first || at->second == path) return false;
    ++report_.others;
    const auto one = stat_of(at->second), other = stat_of(path);
    if (one && other && one->st_dev == other->st_dev && one->st_ino == other->st_ino) {
        ++report_.skipped;
        return true;
    }
    ASTEROPE_TRY_STATUS(make_room(path));
    if (::link(at->second.c_str(), path.c_str()) != 0) return Unexpected(local_error(path).error());
    return true;
}

/// `path`: of the file that it describes.
Status Export::write_sidecar(const Sidecar& sidecar, const std::string& path) {
    const std::string place = sidecar_name(path);
    if (sidecar.empty()) return make_room(place);
    const std::string text = to_json(sidecar);
    if (read_text(place) == text) return {};
    NewFile made = ASTEROPE_TRY(new_file(place, 0644));
    ASTEROPE_TRY_STATUS(write_all(made.fd(), std::as_bytes(std::span(text)), place));
    return made.publish();
}

}  // namespace asterope::command

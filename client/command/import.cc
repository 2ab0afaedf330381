#include "client/command/import.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "client/command/file_transfer.h"

namespace asterope::command {
namespace {

constexpr std::size_t kBatchFiles = 1000;
/// Of what a transaction keeps in memory: well below limits::kTransactionBytes, whatever is in a file's metadata.
constexpr std::uint64_t kBatchBytes = 16u << 20;
constexpr std::uint64_t kSmallFileBytes = 65536;  ///< a larger one is not kept in memory
constexpr int kTries = 10;

bool is_root() { return ::geteuid() == 0; }
std::uint32_t owner_of(const struct stat& status) { return is_root() ? status.st_uid : ::geteuid(); }
std::uint32_t group_of(const struct stat& status) { return is_root() ? status.st_gid : ::getegid(); }

AttrChange attributes_of(const struct stat& status) {
    AttrChange change;
    change.uid = owner_of(status);
    change.gid = group_of(status);
    change.mode = status.st_mode & 07777;
    change.atime = timestamp_of(status.st_atim);
    change.mtime = timestamp_of(status.st_mtim);
    return change;
}

/// So that an import does not change the tree's times; whom that is forbidden changes them.
Result<Descriptor> open_to_read(const std::string& path) {
    auto file = open_file(path, O_RDONLY | O_NOATIME);
    return file || file.error().sys_errno != EPERM ? std::move(file) : open_file(path, O_RDONLY);
}

std::optional<std::string> read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Status set_opaque_attributes(Volume& volume, NodeId node, const Sidecar& sidecar) {
    for (const auto& [name, value] : sidecar.attributes)
        ASTEROPE_TRY_STATUS(volume.set_attribute(node, name, to_xattr_bytes(value), SetMode::any));
    return {};
}

/// Makes the document of `node` the sidecar's.
Status set_document(Volume& volume, NodeId node, const Document& wanted) {
    const Document there = ASTEROPE_TRY(volume.document(node));
    std::vector<FieldChange> changes;
    for (const auto& [name, value] : there)
        if (wanted.find(name) == nullptr) changes.push_back({name, std::nullopt});
    for (const auto& [name, value] : wanted)
        if (const Value* const old = there.find(name); old == nullptr || *old != value) changes.push_back({name, value});
    return changes.empty() ? Status{} : volume.change_document(node, changes);
}

Result<std::optional<Attr>> find(Volume& volume, NodeId parent, const std::string& name) {
    const auto there = volume.lookup(parent, name);
    if (there) return std::optional(*there);
    if (there.error().code == Errc::not_found) return std::optional<Attr>();
    return Unexpected(there.error());
}

std::pair<dev_t, ino_t> identity_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }
bool has_several_names(const struct stat& status) { return status.st_nlink > 1 && !S_ISDIR(status.st_mode); }

}  // namespace

int Import::run(const std::string& directory) {
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0) return command::report(system_error(errno, "'" + directory + "'"));
    if (!S_ISDIR(status.st_mode)) return command::report({Errc::not_dir, "'" + directory + "' is not a directory"});
    const auto text = read_text(sidecar_name(directory + "/"));
    note(directory, enter(directory, kRootNode, status, text ? sidecar_from_json(*text) : std::nullopt));
    while (!levels_.empty()) {
        Level& level = levels_.back();
        if (level.next == level.names.size()) {
            leave();
            continue;
        }
        const std::size_t at = level.next++;
        if (level.is_sidecar[at]) continue;
        const std::string name = level.names[at], path = level.path + "/" + name;
        note(path, take(level, name));
    }
    apply_batch();
    note(directory, volume_.sync());
    return outcome_.exit_status();
}

void Import::note(const std::string& path, const Status& status) {
    if (status) return;
    progress_.hide();
    ++report_.errors;
    outcome_.note(path, status);
}

Status Import::enter(const std::string& path, NodeId node, const struct stat& status, std::optional<Sidecar> sidecar) {
    Level level{path, node, status, std::move(sidecar)};
    level.names = ASTEROPE_TRY(names_in(path));
    level.is_sidecar.resize(level.names.size());
    const bool top = levels_.empty();
    for (std::size_t i = 0; top && i < level.names.size(); ++i)
        level.is_sidecar[i] = level.names[i] == kSidecarSuffix && level.sidecar;
    levels_.push_back(std::move(level));
    return {};
}

/// The attributes of a directory come after everything in it, which would change its time.
void Import::leave() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    add({level.path, "", NodeId{}, level.node, level.status, std::move(level.sidecar)});
}

Status Import::take(Level& level, const std::string& name) {
    Item item{.path = level.path + "/" + name, .name = name, .parent = level.node};
    if (::lstat(item.path.c_str(), &item.status) != 0) return fail_errno(errno, "'" + item.path + "'");
    const auto at = std::lower_bound(level.names.begin(), level.names.end(), sidecar_name(name));
    if (at != level.names.end() && *at == sidecar_name(name)) {
        const auto text = read_text(sidecar_name(item.path));
        if (!text) return fail_errno(errno, "'" + sidecar_name(item.path) + "'");
        item.sidecar = sidecar_from_json(*text);
        batch_bytes_ += text->size();
        level.is_sidecar[static_cast<std::size_t>(at - level.names.begin())] = item.sidecar.has_value();
        if (item.sidecar && item.sidecar->name) item.name = *item.sidecar->name;
    }
    if (S_ISDIR(item.status.st_mode)) return take_directory(level, std::move(item));
    add(std::move(item));
    return {};
}

/// Directories are made at once, so that everything in them knows where it goes.
Status Import::take_directory(const Level& level, Item item) {
    auto there = ASTEROPE_TRY(find(volume_, level.node, item.name));
    ++report_.directories;
    if (there && there->type != NodeType::directory) return fail(Errc::not_dir, "a file is where directory '" + item.path + "' has to go");
    if (there)
        ++report_.skipped;
    else
        there = ASTEROPE_TRY(volume_.create(level.node, item.name,
                                            {.type = NodeType::directory, .mode = item.status.st_mode & 07777,
                                             .uid = owner_of(item.status), .gid = group_of(item.status)}));
    return enter(item.path, there->node, item.status, std::move(item.sidecar));
}

void Import::add(Item item) {
    const auto size = static_cast<std::uint64_t>(item.status.st_size);
    if (S_ISREG(item.status.st_mode) && size <= kSmallFileBytes) batch_bytes_ += size;
    batch_.push_back(std::move(item));
    if (batch_.size() >= kBatchFiles || batch_bytes_ >= kBatchBytes) apply_batch();
}

/// In one transaction, if the volume has those; again when others changed the same meanwhile.
void Import::apply_batch() {
    if (batch_.empty()) return;
    Status done;
    for (int i = 0; i < kTries; ++i) {
        batch_links_.clear();
        batch_report_ = report_;
        batch_errors_.clear();
        const auto transaction = volume_.begin({});
        const bool without = !transaction && transaction.error().code == Errc::unsupported;  // it is a transaction itself
        done = transaction ? apply_items((*transaction)->view()) : without ? apply_items(volume_) : Unexpected(transaction.error());
        if (done && transaction) done = (*transaction)->commit();
        if (done || done.error().code != Errc::conflict) break;
    }
    const std::string first = batch_.front().path;
    batch_.clear();
    batch_bytes_ = 0;
    if (!done) {
        levels_.clear();  // it would be the same for what follows
        return note(first, fail(done.error().code, "'" + first + "' and what follows was not stored: " + done.error().text()));
    }
    links_.merge(batch_links_);
    report_ = batch_report_;
    for (const auto& [path, error] : batch_errors_) note(path, error);
}

/// What one item cannot do is noted; an error that is about everything ends it.
Status Import::apply_items(Volume& volume) {
    for (const Item& item : batch_) {
        Status applied = apply(volume, item);
        if (applied) continue;
        const Errc code = applied.error().code;
        if (code == Errc::unavailable || code == Errc::stale || code == Errc::no_space || code == Errc::limit) return applied;
        batch_errors_.emplace_back(item.path, std::move(applied));
    }
    return {};
}

Status Import::apply(Volume& volume, const Item& item) {
    if (raw(item.directory) == 0) return put(volume, item);
    if (item.sidecar) {
        ASTEROPE_TRY_STATUS(set_document(volume, item.directory, item.sidecar->document));
        ASTEROPE_TRY_STATUS(set_opaque_attributes(volume, item.directory, *item.sidecar));
    }
    ASTEROPE_TRY(volume.setattr(item.directory, attributes_of(item.status)));
    return {};
}

Status Import::put(Volume& volume, const Item& item) {
    const auto there = ASTEROPE_TRY(find(volume, item.parent, item.name));
    if (there && there->type == NodeType::directory) return fail(Errc::is_dir, "a directory is where '" + item.path + "' has to go");
    if (const auto first = first_name_of(item)) return put_link(volume, item, *first, there);
    ++(S_ISREG(item.status.st_mode) ? batch_report_.files : batch_report_.others);
    const NodeId node = ASTEROPE_TRY(put_node(volume, item, there));
    if (has_several_names(item.status)) batch_links_.emplace(identity_of(item.status), node);
    return {};
}

/// The node that has been stored under another name of the same file.
std::optional<NodeId> Import::first_name_of(const Item& item) const {
    if (!has_several_names(item.status)) return std::nullopt;
    for (const auto* const links : {&links_, &batch_links_})
        if (const auto at = links->find(identity_of(item.status)); at != links->end()) return at->second;
    return std::nullopt;
}

Status Import::put_link(Volume& volume, const Item& item, NodeId first, const std::optional<Attr>& there) {
    ++batch_report_.others;
    if (there && there->node == first) {
        ++batch_report_.skipped;
        return {};
    }
    if (there) ASTEROPE_TRY_STATUS(volume.unlink(item.parent, item.name));
    ASTEROPE_TRY(volume.link(first, item.parent, item.name));
    return {};
}

Result<NodeId> Import::put_node(Volume& volume, const Item& item, const std::optional<Attr>& there) {
    if (there && ASTEROPE_TRY(is_same(volume, item, *there))) {
        ++batch_report_.skipped;
        return there->node;
    }
    const bool regular = S_ISREG(item.status.st_mode);
    // A file takes the place of a file, and is the same node then; everything else makes room.
    if (there && !(regular && there->type == NodeType::file)) ASTEROPE_TRY_STATUS(volume.unlink(item.parent, item.name));
    const Attr made = ASTEROPE_TRY(regular ? make_file(volume, item) : make_other(volume, item));
    if (item.sidecar) ASTEROPE_TRY_STATUS(set_opaque_attributes(volume, made.node, *item.sidecar));
    ASTEROPE_TRY(volume.setattr(made.node, attributes_of(item.status)));
    return made.node;
}

Result<Attr> Import::make_file(Volume& volume, const Item& item) {
    const auto file = ASTEROPE_TRY(open_to_read(item.path));
    progress_.begin(item.path, static_cast<std::uint64_t>(item.status.st_size));
    PutRequest request{.mode = item.status.st_mode & 07777, .uid = owner_of(item.status), .gid = group_of(item.status)};
    request.content = ASTEROPE_TRY(volume.stage());
    ASTEROPE_TRY_STATUS(copy_in(file.get(), item.path, *request.content, progress_));
    batch_report_.bytes += request.content->size();
    if (item.sidecar) request.document = item.sidecar->document;
    return volume.put(item.parent, item.name, std::move(request));
}

Result<Attr> Import::make_other(Volume& volume, const Item& item) {
    NewNode what{.type = type_of_mode(item.status.st_mode).value_or(NodeType::file), .mode = item.status.st_mode & 07777,
                 .uid = owner_of(item.status), .gid = group_of(item.status),
                 .rdev = static_cast<std::uint32_t>(item.status.st_rdev)};
    if (what.type == NodeType::symlink) {
        boost::system::error_code error;
        what.target = boost::filesystem::read_symlink(item.path, error).string();
        if (error) return fail_errno(error.value(), "'" + item.path + "'");
    }
    if (item.sidecar) what.document = item.sidecar->document;
    return volume.create(item.parent, item.name, what);
}

/// Whether `there` needs nothing to become what the item is; contents are compared by size and time.
Result<bool> Import::is_same(Volume& volume, const Item& item, const Attr& there) const {
    const AttrChange wanted = attributes_of(item.status);
    const bool same = there.type == type_of_mode(item.status.st_mode) && there.mtime == wanted.mtime &&
                      there.mode == wanted.mode && there.uid == wanted.uid && there.gid == wanted.gid &&
                      (there.type != NodeType::file || there.size == static_cast<std::uint64_t>(item.status.st_size));
    if (!same || !item.sidecar) return same;
    if (ASTEROPE_TRY(volume.document(there.node)) != item.sidecar->document) return false;
    for (const auto& [name, value] : item.sidecar->attributes) {
        const auto bytes = volume.attribute(there.node, name);
        if (!bytes || *bytes != to_xattr_bytes(value)) return false;
    }
    return true;
}

}  // namespace asterope::command

#include "tests/fs/model_volume.h"

#include <algorithm>

#include "engine/core/limits.h"
#include "engine/core/path.h"

namespace asterope {
namespace {

constexpr std::size_t kChangesKept = 65536;
constexpr std::int64_t kInheritSeconds = 60;

bool is_dir(const Attr& attr) {
    return attr.type == NodeType::directory;
}

}  // namespace

ModelVolume::ModelVolume() {
    add_node({.type = NodeType::directory, .mode = 0755});
}
ModelVolume::~ModelVolume() = default;

VolumeInfo ModelVolume::info() const {
    return {"00000000-0000-0000-0000-000000000000", "a model in memory"};
}

Result<SpaceInfo> ModelVolume::space() {
    std::lock_guard lock(mutex_);
    constexpr std::uint64_t kTotal = std::uint64_t{1} << 40;
    return SpaceInfo{kTotal, kTotal / 2, kTotal / 2, nodes_.size(), std::uint64_t{1} << 32, 0};
}

std::size_t ModelVolume::open_count() {
    std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [id, node] : nodes_) count += node.open_count;
    return count;
}

Result<ModelVolume::Node*> ModelVolume::find(NodeId node) {
    const auto it = nodes_.find(node);
    if (it == nodes_.end()) return fail(Errc::not_found);
    return &it->second;
}

Result<ModelVolume::Node*> ModelVolume::find_dir(NodeId dir) {
    Node* node = ASTEROPE_TRY(find(dir));
    if (!is_dir(node->attr)) return fail(Errc::not_dir);
    return node;
}

Result<ModelVolume::Node*> ModelVolume::child(Node& dir, std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    const auto it = dir.names.find(name);
    if (it == dir.names.end()) return fail(Errc::not_found);
    return find(it->second.node);
}

ModelVolume::Node& ModelVolume::add_node(const NewNode& what) {
    const NodeId id{++last_node_};
    Node& node = nodes_[id];
    const Timestamp now = Timestamp::now();
    node.attr = {.node = id,
                 .type = what.type,
                 .mode = what.mode & 07777,
                 .uid = what.uid,
                 .gid = what.gid,
                 .nlink = what.type == NodeType::directory ? 2u : 0u,
                 .rdev = what.rdev,
                 .size = what.target.size(),
                 .atime = now,
                 .mtime = now,
                 .ctime = now,
                 .btime = now,
                 .version = 1};
    node.target = what.target;
    node.document = what.document;
    node.had_fields = !what.document.empty();
    return node;
}

void ModelVolume::add_name(Node& dir, std::string_view name, Node& node) {
    const std::uint64_t cookie = ++dir.last_cookie;
    dir.names.emplace(name, Name{node.attr.node, cookie});
    dir.cookies.emplace(cookie, name);
    node.links.push_back({dir.attr.node, std::string(name)});
    if (is_dir(node.attr)) {
        dir.attr.nlink++;
    } else {
        node.attr.nlink++;
    }
    dir.attr.mtime = dir.attr.ctime = node.attr.ctime = Timestamp::now();
}

void ModelVolume::remove_name(Node& dir, std::string_view name, Node& node) {
    const auto it = dir.names.find(name);
    dir.cookies.erase(it->second.cookie);
    std::erase(node.links, Link{dir.attr.node, it->first});
    dir.names.erase(it);
    if (is_dir(node.attr)) {
        dir.attr.nlink--;
    } else {
        node.attr.nlink--;
    }
    dir.attr.mtime = dir.attr.ctime = node.attr.ctime = Timestamp::now();
}

void ModelVolume::drop_if_gone(Node& node) {
    if (node.links.empty() && node.open_count == 0 && node.attr.node != kRootNode)
        nodes_.erase(node.attr.node);
}

void ModelVolume::touch_content(Node& node) {
    refresh(node);
    node.attr.mtime = node.attr.ctime = Timestamp::now();
    node.attr.version++;
}

void ModelVolume::touch_metadata(Node& node) {
    node.attr.ctime = Timestamp::now();
    node.attr.version++;
}

void ModelVolume::refresh(Node& node) {
    node.attr.size = node.bytes.size();
    node.attr.blocks = node.bytes.allocated() / 512;
}

void ModelVolume::record(ChangeKind kind, const Node& node, Link at, std::optional<Link> from,
                         bool inherited) {
    changes_.push_back(
        {Sequence{++sequence_}, kind, node.attr.node, std::move(at), std::move(from), inherited});
    if (changes_.size() > kChangesKept) changes_.pop_front();
    changed_.notify_all();
}

Result<Attr> ModelVolume::lookup(NodeId dir, std::string_view name) {
    std::lock_guard lock(mutex_);
    Node* parent = ASTEROPE_TRY(find_dir(dir));
    return ASTEROPE_TRY(child(*parent, name))->attr;
}

Result<Attr> ModelVolume::getattr(NodeId node) {
    std::lock_guard lock(mutex_);
    return ASTEROPE_TRY(find(node))->attr;
}

Result<Attr> ModelVolume::setattr(NodeId id, const AttrChange& change) {
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    Node& node = *ASTEROPE_TRY(find(id));
    if (change.size) {
        if (is_dir(node.attr)) return fail(Errc::is_dir);
        if (node.attr.type != NodeType::file) return fail(Errc::invalid);
        if (*change.size > limits::kFileBytes) return fail(Errc::file_too_large);
        node.bytes.resize(*change.size);
        touch_content(node);
        record(ChangeKind::content, node);
    }
    if (change.mode) node.attr.mode = *change.mode & 07777;
    if (change.uid) node.attr.uid = *change.uid;
    if (change.gid) node.attr.gid = *change.gid;
    if (change.atime) node.attr.atime = *change.atime;
    if (change.mtime) node.attr.mtime = *change.mtime;
    touch_metadata(node);
    if (change.ctime) node.attr.ctime = *change.ctime;
    record(ChangeKind::attributes, node);
    return node.attr;
}

Result<Attr> ModelVolume::create(NodeId dir, std::string_view name, const NewNode& what) {
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    Node& parent = *ASTEROPE_TRY(find_dir(dir));
    ASTEROPE_TRY_STATUS(check_name(name));
    if (parent.names.contains(name)) return fail(Errc::exists);
    if (parent.links.empty() && dir != kRootNode) return fail(Errc::not_found);
    Node& node = add_node(what);
    add_name(parent, name, node);
    record(ChangeKind::created, node, {dir, std::string(name)});
    return node.attr;
}

Status ModelVolume::unlink(NodeId dir, std::string_view name) {
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    Node& parent = *ASTEROPE_TRY(find_dir(dir));
    Node& node = *ASTEROPE_TRY(child(parent, name));
    if (is_dir(node.attr)) return fail(Errc::is_dir);
    remove_name(parent, name, node);
    record(ChangeKind::removed, node, {dir, std::string(name)});
    drop_if_gone(node);
    return {};
}

Status ModelVolume::rmdir(NodeId dir, std::string_view name) {
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    Node& parent = *ASTEROPE_TRY(find_dir(dir));
    Node& node = *ASTEROPE_TRY(child(parent, name));
    if (!is_dir(node.attr)) return fail(Errc::not_dir);
    if (!node.names.empty()) return fail(Errc::not_empty);
    remove_name(parent, name, node);
    record(ChangeKind::removed, node, {dir, std::string(name)});
    drop_if_gone(node);
    return {};
}

bool ModelVolume::is_below(NodeId node, NodeId ancestor) {
    while (node != ancestor) {
        if (node == kRootNode) return false;
        const auto& links = nodes_.at(node).links;
        if (links.empty()) return false;
        node = links.front().parent;
    }
    return true;
}

Status ModelVolume::check_replace(Node& from, Node& to) {
    if (is_dir(from.attr) && !is_dir(to.attr)) return fail(Errc::not_dir);
    if (!is_dir(from.attr) && is_dir(to.attr)) return fail(Errc::is_dir);
    if (!to.names.empty()) return fail(Errc::not_empty);
    return {};
}

Status ModelVolume::exchange(Node& from_dir, const Link& from, Node& to_dir, const Link& to) {
    Node& a = *ASTEROPE_TRY(child(from_dir, from.name));
    Node& b = *ASTEROPE_TRY(child(to_dir, to.name));
    if (is_dir(a.attr) && is_below(to.parent, a.attr.node)) return fail(Errc::invalid);
    if (is_dir(b.attr) && is_below(from.parent, b.attr.node)) return fail(Errc::invalid);
    if (&a == &b) return {};
    remove_name(from_dir, from.name, a);
    remove_name(to_dir, to.name, b);
    add_name(to_dir, to.name, a);
    add_name(from_dir, from.name, b);
    record(ChangeKind::renamed, a, to, from);
    record(ChangeKind::renamed, b, from, to);
    return {};
}

Status ModelVolume::rename(const Link& from, const Link& to, RenameMode mode) {
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    Node& from_dir = *ASTEROPE_TRY(find_dir(from.parent));
    Node& to_dir = *ASTEROPE_TRY(find_dir(to.parent));
    ASTEROPE_TRY_STATUS(check_name(to.name));
    if (mode == RenameMode::exchange) return exchange(from_dir, from, to_dir, to);
    Node& node = *ASTEROPE_TRY(child(from_dir, from.name));
    if (is_dir(node.attr) && is_below(to.parent, node.attr.node)) return fail(Errc::invalid);
    const auto target = to_dir.names.find(to.name);
    bool inherited = false;
    if (target != to_dir.names.end()) {
        Node& old = nodes_.at(target->second.node);
        if (mode == RenameMode::no_replace) return fail(Errc::exists);
        if (&old == &node) return {};
        ASTEROPE_TRY_STATUS(check_replace(node, old));
        inherited = node.attr.type == NodeType::file && old.attr.type == NodeType::file && !node.had_fields &&
                    !old.document.empty() && from.parent == to.parent && node.attr.uid == old.attr.uid &&
                    Timestamp::now().seconds - node.attr.btime.seconds < kInheritSeconds;
        if (inherited) {
            node.document = old.document;
            node.had_fields = true;
            touch_metadata(node);
        }
        remove_name(to_dir, to.name, old);
        record(ChangeKind::removed, old, to);
        drop_if_gone(old);
    }
    remove_name(from_dir, from.name, node);
    add_name(to_dir, to.name, node);
    record(ChangeKind::renamed, node, to, from, inherited);
    return {};
}

Result<Attr> ModelVolume::link(NodeId id, NodeId dir, std::string_view name) {
    std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(require_writable());
    Node& node = *ASTEROPE_TRY(find(id));
    Node& parent = *ASTEROPE_TRY(find_dir(dir));
    ASTEROPE_TRY_STATUS(check_name(name));
    if (is_dir(node.attr)) return fail(Errc::not_permitted);
    if (parent.names.contains(name)) return fail(Errc::exists);
    if (node.links.empty()) return fail(Errc::not_found);
    if (node.attr.nlink >= limits::kLinkCount) return fail(Errc::too_many_links);
    add_name(parent, name, node);
    record(ChangeKind::linked, node, {dir, std::string(name)});
    return node.attr;
}

Result<std::string> ModelVolume::readlink(NodeId id) {
    std::lock_guard lock(mutex_);
    Node& node = *ASTEROPE_TRY(find(id));
    if (node.attr.type != NodeType::symlink) return fail(Errc::invalid);
    return node.target;
}

Result<std::vector<DirEntry>> ModelVolume::list(NodeId dir, std::uint64_t cookie, std::size_t count_max) {
    std::lock_guard lock(mutex_);
    Node& node = *ASTEROPE_TRY(find_dir(dir));
    std::vector<DirEntry> entries;
    for (auto it = node.cookies.upper_bound(cookie); it != node.cookies.end() && entries.size() < count_max;
         ++it) {
        const NodeId id = node.names.at(it->second).node;
        entries.push_back({it->second, id, nodes_.at(id).attr.type, it->first});
    }
    return entries;
}

Result<Link> ModelVolume::first_link(NodeId id) {
    std::lock_guard lock(mutex_);
    Node& node = *ASTEROPE_TRY(find(id));
    if (id == kRootNode) return Link{kRootNode, ""};
    if (node.links.empty()) return fail(Errc::stale);
    return node.links.front();
}

std::string ModelVolume::key_of(const Node& node) {
    std::string key;
    const Node* at = &node;
    while (at->attr.node != kRootNode && !at->links.empty()) {
        const Link& link = at->links.front();
        key = key.empty() ? link.name : link.name + "/" + key;
        at = &nodes_.at(link.parent);
    }
    return key;
}

Result<std::vector<Change>> ModelVolume::changes(Sequence since, std::size_t count_max,
                                                 std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [&] { return sequence_ > raw(since); });
    if (sequence_ > raw(since) && raw(changes_.front().sequence) > raw(since) + 1) return fail(Errc::stale);
    std::vector<Change> out;
    const auto after = [&](const Change& change) { return change.sequence > since; };
    for (auto it = std::find_if(changes_.begin(), changes_.end(), after); it != changes_.end(); ++it) {
        if (out.size() == count_max) break;
        out.push_back(*it);
    }
    return out;
}

Sequence ModelVolume::sequence() {
    std::lock_guard lock(mutex_);
    return Sequence{sequence_};
}

}  // namespace asterope

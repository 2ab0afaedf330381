#include "engine/core/path.h"
#include "engine/storage/inspection.h"

/// Stages of an inspection: names, and what is derived from them.
namespace asterope::storage {

using kv::Table;

namespace {

NodeId directory_of(std::string_view key) { return NodeId{u64_of(key.substr(0, 8))}; }

bool is_directory(const NodeType type) { return type == NodeType::directory; }

}  // namespace

void Inspection::read_names() {
    walk(Table::names, "names", node_rows_, [&](auto key, auto value) { inspect_name(key, value); });
    last_directory_ = nullptr;
}

void Inspection::inspect_name(std::string_view key, std::string_view value) {
    if (key.size() <= 8 || !check_name(key.substr(8))) return drop_row(Table::names, key, "a name that is none");
    const NodeId parent = directory_of(key);
    const std::string_view name = key.substr(8);
    if (last_directory_ == nullptr || last_directory_->id != parent) last_directory_ = find(parent);
    if (last_directory_ == nullptr && is_whole(Table::nodes)) last_directory_ = remake(parent, NodeType::directory);
    if (last_directory_ != nullptr && !is_directory(last_directory_->type))
        return drop_row(Table::names, key, label(parent, name) + ": it is in what is no directory");
    const auto dentry = decode_dentry(value);
    if (!dentry) return drop_row(Table::names, key, label(parent, name) + ": " + dentry.error().text());
    note_id(dentry->cookie);
    Node* const node = target_of(*dentry);
    if (node == nullptr) {
        if (!is_whole(Table::nodes)) return;
        return drop_row(Table::names, key, label(parent, name) + " leads to node " + std::to_string(raw(dentry->node)) + ", which does not exist");
    }
    if (is_directory(node->type) && (node->names > 0 || node->id == kRootNode))
        return drop_row(Table::names, key, label(parent, name) + " is another name of a directory");
    if (node->type != dentry->type)
        problem(label(parent, name) + ": its type is not that of its node", "corrected", [&](Mender& mender) {
            mender.batch().put(Table::names, key, encode(Dentry{dentry->node, node->type, dentry->cookie}));
        });
    ++node->names;
    if (is_directory(node->type)) {
        node->parent = parent;
        if (last_directory_ != nullptr) ++last_directory_->subdirectories;
    }
    node->first_link_found = node->first_link_found || node->first_link == print_of(key);
    expected_entries_.add(entry_key(parent, dentry->cookie), encode_entry(*dentry, name));
    if (!is_directory(node->type) && node->nlink > 1) expected_links_.add(link_key(node->id, parent, name), "");
}

bool Inspection::has_names(NodeId dir) const {
    const std::string prefix = node_key(dir);
    bool found = false;
    (void)view_.scan(Table::names, prefix, prefix, [&](auto, auto) { return !(found = true); });
    return found;
}

/// The node that a name leads to. One without a record is made anew if something of it is left.
Inspection::Node* Inspection::target_of(const Dentry& dentry) {
    if (Node* const node = find(dentry.node); node != nullptr || !is_whole(Table::nodes)) return node;
    const bool damaged = damaged_nodes_.contains(dentry.node);
    if (is_directory(dentry.type)) return damaged || has_names(dentry.node) ? remake(dentry.node, dentry.type) : nullptr;
    const auto content = view_.reader().get(Table::inline_contents, node_key(dentry.node));
    const bool has_content = content && *content;
    if (dentry.type == NodeType::symlink && !has_content) return nullptr;
    return damaged || has_content ? remake(dentry.node, dentry.type) : nullptr;
}

void Inspection::inspect_first_links() {
    if (!is_whole(Table::names) || !is_whole(Table::nodes)) return;
    std::set<NodeId> wanted;
    const auto inspect = [&](const Node& node) {
        if (node.names == 0 || node.first_link_found || node.id == kRootNode) return;
        if (is_mending())
            wanted.insert(node.id);
        else
            problem(label(node.id) + ": its recorded name leads elsewhere");
    };
    for (const Node& node : nodes_) inspect(node);
    for (const auto& [id, node] : more_nodes_) inspect(node);
    if (wanted.empty()) return;
    walk(Table::names, "names", node_rows_, [&](auto key, auto value) {
        const auto dentry = decode_dentry(value);
        if (!dentry || wanted.erase(dentry->node) == 0) return;
        const Link link{directory_of(key), std::string(key.substr(8))};
        problem(label(dentry->node) + ": its recorded name leads elsewhere", "corrected",
                [&](Mender& mender) { mender.record(dentry->node).first_link = link; });
    });
}

void Inspection::inspect_nameless() {
    if (!is_whole(Table::names) || !is_whole(Table::nodes)) return;
    const auto inspect = [&](const Node& node) {
        if (node.names > 0 || node.id == kRootNode) return;
        if (node.nlink == 0 && orphan_nodes_.contains(node.id)) return;  // removed, and somebody had it open
        put_back(node.id);
    };
    for (const Node& node : nodes_) inspect(node);
    for (const auto& [id, node] : more_nodes_) inspect(node);
}

/// To where its record says that it was, if that is free.
void Inspection::put_back(NodeId id) {
    const auto record = view_.node(id);
    const Link at = record ? record->first_link : Link{};
    Node* const parent = find(at.parent);
    const bool free = parent != nullptr && is_directory(parent->type) && check_name(at.name) && at.parent != id &&
                      !view_.dentry(at.parent, at.name) && taken_names_.emplace(at.parent, at.name).second;
    const std::string line = "node " + std::to_string(raw(id)) + " has no name";
    const auto forget_removal = [&](Mender& mender) {
        if (orphan_nodes_.contains(id)) mender.batch().erase(Table::orphans, orphan_key(id));
    };
    if (free)
        problem(line, ("put back as " + label(at.parent, at.name)).c_str(), [&](Mender& mender) {
            mender.add_name(mender.record(id), at.parent, at.name);
            forget_removal(mender);
        });
    else
        problem(line, "put into lost+found", [&](Mender& mender) {
            put_in_lost_and_found(mender.record(id), "#" + std::to_string(raw(id)));
            forget_removal(mender);
        });
}

void Inspection::inspect_reachability() {
    if (!is_whole(Table::names) || !is_whole(Table::nodes)) return;
    const auto inspect = [&](Node& node) {
        if (!is_directory(node.type) || node.names == 0 || reaches_root(node)) return;
        const auto record = view_.node(node.id);
        if (!record) return;
        problem("directory node " + std::to_string(raw(node.id)) + " contains itself", "put into lost+found", [&](Mender& mender) {
            const Link& at = record->first_link;
            if (const auto dentry = view_.dentry(at.parent, at.name)) {
                mender.batch().erase(Table::names, name_key(at.parent, at.name));
                mender.batch().erase(Table::entries, entry_key(at.parent, dentry->cookie));
                --mender.record(at.parent).attr.nlink;
            }
            put_in_lost_and_found(mender.record(node.id), "#" + std::to_string(raw(node.id)));
        });
    };
    for (Node& node : nodes_) inspect(node);
    for (auto& [id, node] : more_nodes_) inspect(node);
}

/// False for one directory of each circle, and not for those below it.
bool Inspection::reaches_root(Node& directory) {
    std::vector<Node*> path;
    std::set<NodeId> met;
    Node* at = &directory;
    bool circle = false;
    while (at != nullptr && at->id != kRootNode && !at->is_reachable && !circle) {
        path.push_back(at);
        met.insert(at->id);
        at = at->names > 0 ? find(at->parent) : nullptr;  // one without a name is put somewhere
        circle = at != nullptr && met.contains(at->id);
    }
    const bool closes_it = circle && at == &directory;
    // A circle that was only met on the way is told of when one of its own is looked at.
    if (!circle || closes_it)
        for (Node* const node : path) node->is_reachable = true;
    return !closes_it;
}

void Inspection::inspect_link_counts() {
    if (!is_whole(Table::names) || !is_whole(Table::nodes)) return;
    const auto inspect = [&](const Node& node) {
        if (node.names == 0 && node.id != kRootNode) return;
        const std::uint32_t expected = is_directory(node.type) ? 2 + node.subdirectories : node.names;
        if (node.nlink == expected) return;
        problem(label(node.id) + " counts " + std::to_string(node.nlink) + " links, found " + std::to_string(expected), "corrected",
                [&](Mender& mender) { mender.record(node.id).attr.nlink = expected; });
    };
    for (const Node& node : nodes_) inspect(node);
    for (const auto& [id, node] : more_nodes_) inspect(node);
}

void Inspection::inspect_listings() {
    SetPrint found;
    walk(Table::entries, "listings", expected_entries_.count, [&](auto key, auto value) { found.add(key, value); });
    if (found == expected_entries_ && is_whole(Table::entries)) return;
    std::set<std::string> mended;
    walk(Table::names, "names", node_rows_, [&](auto key, auto value) {
        const auto dentry = decode_dentry(value);
        if (key.size() > 8 && dentry) inspect_listed_name(directory_of(key), key.substr(8), *dentry, mended);
    });
    if (!is_whole(Table::names)) return;
    walk(Table::entries, "listings", expected_entries_.count, [&](auto key, auto value) {
        const auto entry = decode_entry(key, value);
        const auto dentry = entry ? view_.dentry(directory_of(key), entry->name) : fail(Errc::corrupt);
        if (mended.contains(std::string(key)) || (dentry && dentry->cookie == entry->cookie && dentry->node == entry->node)) return;
        drop_row(Table::entries, key, "the listing of " + label(directory_of(key)) + " has what is not there");
    });
}

/// `mended`: the keys of entries that were written.
void Inspection::inspect_listed_name(NodeId parent, std::string_view name, const Dentry& dentry, std::set<std::string>& mended) {
    const std::string key = entry_key(parent, dentry.cookie), wanted = encode_entry(dentry, name);
    const auto entry = view_.reader().get(Table::entries, key);
    if (!entry) return problem(label(parent, name) + ": " + entry.error().text());
    if (*entry && **entry == wanted) return;
    // Its place may be that of another name.
    const auto there = *entry ? decode_entry(key, **entry) : fail(Errc::corrupt);
    const auto other = there ? view_.dentry(parent, there->name) : fail(Errc::corrupt);
    const bool is_taken = (other && there->name != name && other->cookie == dentry.cookie) || mended.contains(key) ||
                          dentry.cookie == 0 || dentry.cookie >= kIdMax;
    problem(label(parent, name) + " is not in the directory's listing", "corrected", [&](Mender& mender) {
        Dentry listed = dentry;
        if (is_taken) {
            listed.cookie = mender.next_id();
            mender.batch().put(Table::names, name_key(parent, name), encode(listed));
        }
        mender.batch().put(Table::entries, entry_key(parent, listed.cookie), encode_entry(listed, name));
        mended.insert(entry_key(parent, listed.cookie));
    });
}

void Inspection::inspect_links() {
    SetPrint found;
    walk(Table::links, "links", expected_links_.count, [&](auto key, auto value) { found.add(key, value); });
    if (found == expected_links_ || !is_whole(Table::nodes) || !is_whole(Table::names) || !is_whole(Table::links)) return;
    const auto has_several = [&](NodeId node) {
        const Node* const known = find(node);
        return known != nullptr && !is_directory(known->type) && known->nlink > 1;
    };
    walk(Table::links, "links", expected_links_.count, [&](auto key, auto value) {
        const NodeId node = directory_of(key);
        const auto dentry = key.size() > 16 ? view_.dentry(directory_of(key.substr(8)), key.substr(16)) : fail(Errc::corrupt);
        if (!dentry || dentry->node != node || !has_several(node) || !value.empty())
            drop_row(Table::links, key, label(node) + ": a name is noted that it does not have");
    });
    walk(Table::names, "names", node_rows_, [&](auto key, auto value) {
        const auto dentry = decode_dentry(value);
        if (!dentry || !has_several(dentry->node)) return;
        const std::string link = link_key(dentry->node, directory_of(key), key.substr(8));
        if (const auto noted = view_.reader().get(Table::links, link); noted && *noted && (*noted)->empty()) return;
        problem(label(directory_of(key), key.substr(8)) + " is not noted as a name of its node", "corrected",
                [&](Mender& mender) { mender.batch().put(Table::links, link, ""); });
    });
}

}  // namespace asterope::storage

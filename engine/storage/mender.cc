#include "engine/storage/mender.h"

#include <unistd.h>

namespace asterope::storage {

using kv::Table;

namespace {

constexpr std::size_t kBatchBytes = 8u << 20;  ///< what is kept in memory before it is committed
constexpr std::uint64_t kDirectoryBytes = 4096;

}  // namespace

NodeRecord fresh_record(NodeId node, NodeType type) {
    const Timestamp now = Timestamp::now();
    const bool directory = type == NodeType::directory;
    NodeRecord record;
    record.attr = {node, type, directory ? 0755u : 0644u, ::geteuid(), ::getegid(), directory ? 2u : 1u, 0,
                   directory ? kDirectoryBytes : 0, 0, now, now, now, now, 1};
    if (node == kRootNode) record.first_link.parent = kRootNode;
    return record;
}

kv::Batch& Mender::batch() {
    changed_ = true;
    if (batch_.encoded().size() < kBatchBytes) return batch_;
    const auto committed = store_.commit(std::exchange(batch_, {}));
    if (!committed && status_) status_ = Unexpected(committed.error());
    return batch_;
}

NodeRecord& Mender::record(NodeId node) {
    changed_ = true;
    if (const auto at = records_.find(node); at != records_.end()) return at->second;
    auto before = before_.node(node);
    return records_.emplace(node, before ? *std::move(before) : fresh_record(node, NodeType::file)).first->second;
}

void Mender::set_record(const NodeRecord& record) {
    changed_ = true;
    const NodeId node = record.attr.node;
    const auto before = before_.reader().get(Table::nodes, node_key(node));
    const bool is_new = records_.insert_or_assign(node, record).second && before && !*before;
    if (is_new) ++new_nodes_;
}

void Mender::erase_record(NodeId node) {
    --new_nodes_;
    batch().erase(Table::nodes, node_key(node));
    records_.erase(node);
}

void Mender::add_name(NodeRecord& node, NodeId parent, const std::string& name) {
    const Dentry dentry{node.attr.node, node.attr.type, next_id()};
    batch().put(Table::names, name_key(parent, name), encode(dentry));
    batch().put(Table::entries, entry_key(parent, dentry.cookie), encode_entry(dentry, name));
    node.first_link = {parent, name};
    if (node.attr.type == NodeType::directory)
        ++record(parent).attr.nlink;
    else
        node.attr.nlink = 1;
}

NodeId Mender::lost_and_found() {
    if (raw(lost_and_found_) != 0) return lost_and_found_;
    for (std::string name = "lost+found";; name += "_") {
        const auto dentry = before_.dentry(kRootNode, name);
        if (dentry && dentry->type != NodeType::directory) continue;
        if (dentry) return lost_and_found_ = dentry->node;
        NodeRecord directory = fresh_record(NodeId{next_id()}, NodeType::directory);
        directory.attr.mode = 0700;
        add_name(directory, kRootNode, name);
        set_record(directory);
        return lost_and_found_ = directory.attr.node;
    }
}

Status Mender::commit() {
    for (const auto& [node, record] : records_) batch().put(Table::nodes, node_key(node), encode(record));
    const auto limit = before_.number("id_limit");
    if (!limit || *limit < next_id_) batch().put(Table::meta, "id_limit", u64_key(next_id_));
    if (new_nodes_ != 0) {
        const std::uint64_t count = before_.number("node_count").value_or(0);
        batch().put(Table::meta, "node_count", u64_key(count + static_cast<std::uint64_t>(new_nodes_)));
    }
    ASTEROPE_TRY_STATUS(status_);
    ASTEROPE_TRY(store_.commit(std::move(batch_)));
    return {};
}

}  // namespace asterope::storage

#include "engine/storage/inspection.h"

namespace asterope::storage {

using kv::Table;

Inspection::Inspection(const View& view, const BlobFiles& blobs, const BlobSizes& files, const Watch& watch, Mender* mender)
    : view_(view), blobs_(blobs), watch_(watch), mender_(mender) {
    for (const auto& [blob, bytes] : files) {
        files_.push_back({blob, bytes});
        note_id(raw(blob));
    }
    std::sort(files_.begin(), files_.end(), [](const BlobFile& a, const BlobFile& b) { return a.id < b.id; });
}

Result<CheckReport> Inspection::run() {
    using Stage = void (Inspection::*)();
    static constexpr Stage kStages[] = {
        &Inspection::read_orphans,         &Inspection::read_nodes,        &Inspection::read_names,
        &Inspection::inspect_inline_rows,  &Inspection::settle_damaged_nodes, &Inspection::inspect_first_links,
        &Inspection::inspect_nameless,     &Inspection::inspect_reachability, &Inspection::inspect_link_counts,
        &Inspection::inspect_listings,     &Inspection::inspect_links,     &Inspection::read_fields,
        &Inspection::read_documents,       &Inspection::inspect_index,     &Inspection::inspect_owners,
        &Inspection::inspect_unused_blobs, &Inspection::inspect_orphans,   &Inspection::inspect_changes,
        &Inspection::inspect_meta,
    };
    for (const Stage stage : kStages) {
        if (is_mending()) mender_->use_ids_from(std::max(highest_id_ + 1, view_.number("id_limit").value_or(0)));
        (this->*stage)();
        if (stopped_) return fail(Errc::interrupted);
        if (is_mending() && mender_->changed()) break;
    }
    report_.is_whole = damaged_tables_.empty();
    return std::move(report_);
}

void Inspection::problem(std::string line) {
    if (++report_.problem_count <= kProblemsMax) report_.problems.push_back(std::move(line));
}

void Inspection::problem(std::string line, const char* how, const Mend& mend) {
    if (!is_mending()) return problem(std::move(line));
    mend(*mender_);
    if (++report_.mended_count <= kProblemsMax) report_.mended.push_back(std::move(line) + ": " + how);
}

std::string Inspection::label(NodeId node) const {
    const std::string number = "node " + std::to_string(raw(node));
    const auto key = view_.key(node);
    return key && !key->empty() ? "'" + *key + "' (" + number + ")" : number;
}

std::string Inspection::label(NodeId parent, std::string_view name) const {
    const auto key = view_.key(parent);
    if (!key) return "'" + std::string(name) + "' in node " + std::to_string(raw(parent));
    return "'" + *key + (key->empty() ? "" : "/") + std::string(name) + "'";
}

Inspection::Node Inspection::node_of(const NodeRecord& record) {
    Node node;
    node.id = record.attr.node;
    node.first_link = print_of(name_key(record.first_link.parent, record.first_link.name));
    node.nlink = record.attr.nlink;
    node.type = record.attr.type;
    node.content = record.content;
    return node;
}

/// nullptr: there is none. Where a damaged page ended the look at all nodes, it is read by itself.
Inspection::Node* Inspection::find(NodeId node) {
    const auto at = std::lower_bound(nodes_.begin(), nodes_.end(), node, [](const Node& n, NodeId id) { return n.id < id; });
    if (at != nodes_.end() && at->id == node) return &*at;
    if (const auto more = more_nodes_.find(node); more != more_nodes_.end()) return &more->second;
    if (is_whole(Table::nodes) || damaged_nodes_.contains(node)) return nullptr;
    const auto record = view_.node(node);
    if (record) return &more_nodes_.emplace(node, node_of(*record)).first->second;
    if (record.error().code != Errc::not_found) {
        problem(label(node) + ": " + record.error().text());
        damaged_nodes_.insert(node);
    }
    return nullptr;
}

void Inspection::note_id(std::uint64_t id) {
    if (id < kIdMax) highest_id_ = std::max(highest_id_, id);
}

void Inspection::put_in_lost_and_found(NodeRecord& record, const std::string& name) {
    const NodeId directory = mender_->lost_and_found();
    std::string free = name;
    while (view_.dentry(directory, free) || !taken_names_.emplace(directory, free).second) free += "_";
    mender_->add_name(record, directory, free);
}

void Inspection::drop_row(Table table, std::string_view key, std::string line) {
    problem(std::move(line), "removed", [&](Mender& mender) { mender.batch().erase(table, key); });
}

}  // namespace asterope::storage

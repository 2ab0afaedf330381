#include "engine/storage/check.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "engine/serialization/msgpack.h"

namespace asterope {

using namespace storage;
using kv::Table;

namespace {

class Check {
  public:
    using BlobSizes = std::vector<std::pair<BlobId, std::uint64_t>>;

    explicit Check(LocalVolume& volume)
        : volume_(volume), snapshot_(volume.snapshot()), view_(*snapshot_) {}

    CheckReport run(const BlobSizes& files) {
        nodes_whole_ = read_nodes();
        if (check_names() && nodes_whole_) check_link_counts();
        check_documents();
        check_index();
        check_contents(files);
        return std::move(report_);
    }

  private:
    struct Seen {
        std::uint32_t names = 0, subdirectories = 0;
    };

    void problem(std::string line) {
        if (report_.problems.size() < kProblemsMax) report_.problems.push_back(std::move(line));
    }
    /// "'study1/ct-001.dcm' (node 12)"
    std::string label(NodeId node) const {
        const std::string number = "node " + std::to_string(raw(node));
        const auto key = view_.key(node);
        return key && !key->empty() ? "'" + *key + "' (" + number + ")" : number;
    }
    std::string label(NodeId parent, const std::string& name) const {
        const auto key = view_.key(parent);
        if (!key) return "'" + name + "' in node " + std::to_string(raw(parent));
        return "'" + *key + (key->empty() ? "" : "/") + name + "'";
    }

    /// Visits all of a table. False: a damaged page ended the walk, and what comes after was not seen.
    template <class Visit>
    bool walk(Table table, Visit&& visit) {
        const Status walked = view_.scan(table, "", "", visit);
        if (!walked) problem(walked.error().text());
        return walked.has_value();
    }

    /// The record of a node; nullptr if there is none. Errors: corrupt
    Result<const NodeRecord*> find(NodeId node) {
        if (const auto at = nodes_.find(raw(node)); at != nodes_.end()) return &at->second;
        if (nodes_whole_) return nullptr;
        auto record = view_.node(node);
        if (!record && record.error().code == Errc::not_found) return nullptr;
        return &nodes_.emplace(raw(node), ASTEROPE_TRY(std::move(record))).first->second;
    }

    bool read_nodes() {
        return walk(Table::nodes, [&](auto key, auto value) {
            const NodeId node{u64_of(key)};
            ++report_.nodes;
            auto record = decode_node(node, value);
            if (record)
                nodes_.emplace(raw(node), *std::move(record));
            else
                problem(record.error().text());
            return true;
        });
    }

    bool check_names() {
        std::uint64_t names = 0, entries = 0;
        const bool all_names = walk(Table::names, [&](auto key, auto value) {
            ++names;
            if (key.size() > 8)
                check_name(NodeId{u64_of(key.substr(0, 8))}, std::string(key.substr(8)), value);
            else
                problem("a name that is too short");
            return true;
        });
        const bool all_entries = walk(Table::entries, [&](auto, auto) { return ++entries > 0; });
        if (all_names && all_entries && names != entries)
            problem("the listings have " + std::to_string(entries) + " entries, the names " + std::to_string(names));
        return all_names;
    }

    void check_name(NodeId parent, const std::string& name, std::string_view value) {
        const std::string what = label(parent, name);
        const auto dentry = decode_dentry(value);
        if (!dentry) return problem(what + ": " + dentry.error().text());
        const auto above = find(parent);
        if (above && (*above == nullptr || (*above)->attr.type != NodeType::directory))
            return problem(what + ": its directory does not exist");
        const auto record = find(dentry->node);
        if (!record) return problem(what + ": " + record.error().text());
        if (*record == nullptr)
            return problem(what + " leads to node " + std::to_string(raw(dentry->node)) + ", which does not exist");
        if ((*record)->attr.type != dentry->type) problem(what + ": its type is not that of its node");
        const auto entry = snapshot_->get(Table::entries, entry_key(parent, dentry->cookie));
        if (!entry)
            problem(what + ": " + entry.error().text());
        else if (!*entry || **entry != encode_entry(*dentry, name))
            problem(what + " is not in the directory's listing");
        ++seen_[raw(dentry->node)].names;
        if (dentry->type == NodeType::directory) ++seen_[raw(parent)].subdirectories;
    }

    void check_link_counts() {
        for (const auto& [node, record] : nodes_) {
            const Seen seen = seen_[node];
            const bool directory = record.attr.type == NodeType::directory;
            const std::uint32_t expected = directory ? 2 + seen.subdirectories : seen.names;
            if (record.attr.nlink != expected)
                problem(label(NodeId{node}) + " counts " + std::to_string(record.attr.nlink) + " links, found " +
                        std::to_string(expected));
            if (directory && NodeId{node} != kRootNode && seen.names != 1)
                problem("directory " + label(NodeId{node}) + " has " + std::to_string(seen.names) + " names");
            if (record.attr.nlink > 0 && NodeId{node} != kRootNode) check_first_link(NodeId{node}, record);
        }
    }

    void check_first_link(NodeId node, const NodeRecord& record) {
        const auto dentry = view_.dentry(record.first_link.parent, record.first_link.name);
        if (!dentry || dentry->node != node) problem(label(node) + ": its recorded name leads elsewhere");
    }

    void check_documents() {
        walk(Table::documents, [&](auto key, auto value) {
            const NodeId node{u64_of(key)};
            ++report_.documents;
            const auto record = find(node);
            const auto document = document_from_msgpack(value);
            if (record && *record == nullptr)
                problem("document of node " + std::to_string(raw(node)) + ", which does not exist");
            else if (!document)
                problem("document of " + label(node) + ": " + document.error().text());
            else if (record && (*record)->attr.type != NodeType::directory && (*record)->attr.nlink > 0)
                expect_index_entries(node, *document);
            return true;
        });
    }

    void expect_index_entries(NodeId node, const Document& document) {
        for (const auto& [name, value] : document) {
            const auto field = volume_.field_catalog().find(name);
            if (!field) {
                problem(label(node) + ": field '" + name + "' is unknown to the index");
                continue;
            }
            const auto terms = query::terms_of(value, field->declared);
            if ((query::primary_classes(terms) & ~field->primary_classes) != 0)
                problem(label(node) + ": field '" + name + "' has a value of a class that the field is not known to have");
            for (const query::Term& term : terms) {
                const IndexEntry entry = index_entry(field->id, term, node);
                const auto found = snapshot_->get(Table::index, entry.key);
                if (!found)
                    problem(label(node) + ": field '" + name + "': " + found.error().text());
                else if (!*found)
                    problem(label(node) + ": field '" + name + "' is not in the index");
            }
        }
    }

    void check_index() {
        field_names_ = fields_by_id();
        walk(Table::index, [&](auto key, auto) {
            ++report_.index_entries;
            check_index_entry(std::string(key));
            return true;
        });
    }

    void check_index_entry(const std::string& key) {
        if (key.size() < 12) return problem("index entry that is too short");
        const NodeId node{u64_of(std::string_view(key).substr(key.size() - 8))};
        const auto id = static_cast<std::uint32_t>(u64_of(std::string(4, '\0') + key.substr(0, 4)));
        const auto name = field_names_.find(id);
        const auto document = view_.document(node);
        if (!document) {
            if (unreadable_.insert(raw(node)).second)
                problem("document of " + label(node) + ": " + document.error().text());
            return;
        }
        const Value* const value = name != field_names_.end() ? document->find(name->second) : nullptr;
        if (value == nullptr) return problem("index entry of field " + std::to_string(id) + " for " + label(node) + " has no document");
        const auto terms = query::terms_of(*value, volume_.field_catalog().find(name->second)->declared);
        const bool wanted = std::any_of(terms.begin(), terms.end(), [&](const query::Term& term) {
            return index_entry(id, term, node).key == key;
        });
        if (!wanted) problem("index entry of field '" + name->second + "' for " + label(node) + " is not in its document");
    }

    std::map<std::uint32_t, std::string> fields_by_id() const {
        std::map<std::uint32_t, std::string> names;
        (void)view_.scan(Table::fields, "", "", [&](auto key, auto value) {
            if (const auto record = decode_field(value)) names[record->id] = key;
            return true;
        });
        return names;
    }

    void check_inline(NodeId node, const NodeRecord& record) {
        const auto bytes = view_.inline_content(node);
        if (!bytes)
            problem(label(node) + ": " + bytes.error().text());
        else if (bytes->size() != record.attr.size)
            problem(label(node) + ": its content has " + std::to_string(bytes->size()) + " bytes, not " +
                    std::to_string(record.attr.size));
    }

    void check_contents(const BlobSizes& files) {
        std::map<BlobId, std::uint64_t> sizes(files.begin(), files.end());
        for (const auto& [node, record] : nodes_) {
            if (record.content == ContentKind::inlined) check_inline(NodeId{node}, record);
            if (record.content != ContentKind::blob) continue;
            ++report_.blobs;
            const auto at = sizes.find(record.blob);
            if (at == sizes.end() && !volume_.blob_files().open(record.blob, false))
                problem(label(NodeId{node}) + ": blob " + std::to_string(raw(record.blob)) + " is missing");
            else if (at != sizes.end() && at->second < record.attr.size)
                problem(label(NodeId{node}) + ": blob " + std::to_string(raw(record.blob)) + " is shorter than the file");
            sizes.erase(record.blob);
        }
        if (!nodes_whole_) return;  // any of the others may belong to a node that was not seen
        for (const auto& [blob, bytes] : sizes)
            if (const auto dropped = snapshot_->get(Table::orphans, orphan_key(blob));
                (!dropped || !*dropped) && volume_.blob_files().open(blob, false))
                problem("blob " + std::to_string(raw(blob)) + " belongs to no file");
    }

    LocalVolume& volume_;
    std::shared_ptr<const kv::Snapshot> snapshot_;
    View view_;
    std::unordered_map<std::uint64_t, NodeRecord> nodes_;
    bool nodes_whole_ = true;
    std::unordered_map<std::uint64_t, Seen> seen_;
    std::set<std::uint64_t> unreadable_;  ///< documents that were told of
    std::map<std::uint32_t, std::string> field_names_;
    CheckReport report_;
};

}  // namespace

Result<CheckReport> check_store(LocalVolume& volume) {
    // Listed before the snapshot is taken: a blob that comes in meanwhile is not taken for one without a file.
    const auto files = ASTEROPE_TRY(volume.blob_files().list());
    return Check(volume).run(files);
}

}  // namespace asterope

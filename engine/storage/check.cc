#include "engine/storage/check.h"

#include <algorithm>
#include <map>
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

    Result<CheckReport> run(const BlobSizes& files) {
        ASTEROPE_TRY_STATUS(read_nodes());
        ASTEROPE_TRY_STATUS(check_names());
        check_link_counts();
        ASTEROPE_TRY_STATUS(check_documents());
        ASTEROPE_TRY_STATUS(check_index());
        check_blobs(files);
        return std::move(report_);
    }

  private:
    struct Seen {
        std::uint32_t names = 0, subdirectories = 0;
    };

    void problem(std::string line) {
        if (report_.problems.size() < kProblemsMax) report_.problems.push_back(std::move(line));
    }
    static std::string label(NodeId node) { return "node " + std::to_string(raw(node)); }

    Status read_nodes() {
        return view_.scan(Table::nodes, "", "", [&](auto key, auto value) {
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

    Status check_names() {
        std::uint64_t names = 0, entries = 0;
        ASTEROPE_TRY_STATUS(view_.scan(Table::names, "", "", [&](auto key, auto value) {
            ++names;
            check_name(NodeId{u64_of(key.substr(0, 8))}, std::string(key.substr(8)), value);
            return true;
        }));
        ASTEROPE_TRY_STATUS(view_.scan(Table::entries, "", "", [&](auto, auto) { return ++entries > 0; }));
        if (names != entries)
            problem("the listings have " + std::to_string(entries) + " entries, the names " + std::to_string(names));
        return {};
    }

    void check_name(NodeId parent, const std::string& name, std::string_view value) {
        const auto dentry = decode_dentry(value);
        const std::string what = "'" + name + "' in " + label(parent);
        if (!dentry) return problem(what + ": " + dentry.error().text());
        const auto above = nodes_.find(raw(parent));
        if (above == nodes_.end() || above->second.attr.type != NodeType::directory)
            return problem(what + ": its directory does not exist");
        const auto at = nodes_.find(raw(dentry->node));
        if (at == nodes_.end()) return problem(what + " leads to " + label(dentry->node) + ", which does not exist");
        if (at->second.attr.type != dentry->type) problem(what + ": its type is not that of " + label(dentry->node));
        const auto entry = snapshot_->get(Table::entries, entry_key(parent, dentry->cookie));
        if (!entry || !*entry || **entry != encode_entry(*dentry, name)) problem(what + " is not in the directory's listing");
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

    Status check_documents() {
        return view_.scan(Table::documents, "", "", [&](auto key, auto value) {
            const NodeId node{u64_of(key)};
            ++report_.documents;
            const auto at = nodes_.find(raw(node));
            if (at == nodes_.end()) {
                problem("document of " + label(node) + ", which does not exist");
                return true;
            }
            const auto document = document_from_msgpack(value);
            if (!document)
                problem("document of " + label(node) + ": " + document.error().text());
            else if (at->second.attr.type != NodeType::directory && at->second.attr.nlink > 0)
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
                if (!found || !*found) problem(label(node) + ": field '" + name + "' is not in the index");
            }
        }
    }

    Status check_index() {
        field_names_ = fields_by_id();
        return view_.scan(Table::index, "", "", [&](auto key, auto) {
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
        const Value* const value = document && name != field_names_.end() ? document->find(name->second) : nullptr;
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

    void check_blobs(const BlobSizes& files) {
        std::map<BlobId, std::uint64_t> sizes(files.begin(), files.end());
        for (const auto& [node, record] : nodes_) {
            if (record.content != ContentKind::blob) continue;
            ++report_.blobs;
            const auto at = sizes.find(record.blob);
            if (at == sizes.end() && !volume_.blob_files().open(record.blob, false))
                problem(label(NodeId{node}) + ": blob " + std::to_string(raw(record.blob)) + " is missing");
            else if (at != sizes.end() && at->second < record.attr.size)
                problem(label(NodeId{node}) + ": blob " + std::to_string(raw(record.blob)) + " is shorter than the file");
            sizes.erase(record.blob);
        }
        for (const auto& [blob, bytes] : sizes)
            if (const auto dropped = snapshot_->get(Table::orphans, orphan_key(blob));
                (!dropped || !*dropped) && volume_.blob_files().open(blob, false))
                problem("blob " + std::to_string(raw(blob)) + " belongs to no file");
    }

    LocalVolume& volume_;
    std::shared_ptr<const kv::Snapshot> snapshot_;
    View view_;
    std::unordered_map<std::uint64_t, NodeRecord> nodes_;
    std::unordered_map<std::uint64_t, Seen> seen_;
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

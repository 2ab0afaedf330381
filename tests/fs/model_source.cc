#include "tests/fs/model_source.h"

#include <algorithm>

namespace asterope {
namespace {

class Postings : public query::PostingCursor {
  public:
    explicit Postings(std::vector<query::Posting> postings) : postings_(std::move(postings)) {}

    Result<std::size_t> next(std::span<query::Posting> out) override {
        const std::size_t count = std::min(out.size(), postings_.size() - at_);
        std::copy_n(postings_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
        at_ += count;
        return count;
    }
    Status skip_to(NodeId node) override {
        while (at_ < postings_.size() && postings_[at_].node < node) ++at_;
        return {};
    }

  private:
    std::vector<query::Posting> postings_;
    std::size_t at_ = 0;
};

class Nodes : public query::FileCursor {
  public:
    explicit Nodes(std::vector<NodeId> nodes) : nodes_(std::move(nodes)) {}

    Result<std::size_t> next(std::span<NodeId> out) override {
        const std::size_t count = std::min(out.size(), nodes_.size() - at_);
        std::copy_n(nodes_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
        at_ += count;
        return count;
    }

  private:
    std::vector<NodeId> nodes_;
    std::size_t at_ = 0;
};

/// Sorts as key order wants it: a '/' comes before every byte of a name.
std::string sortable(std::string key) {
    std::replace(key.begin(), key.end(), '/', '\0');
    return key;
}

}  // namespace

Result<std::optional<query::FieldInfo>> ModelSource::field(std::string_view name) {
    const auto has_it = [&](const auto& file) { return file.second.document.find(name) != nullptr; };
    if (std::none_of(files_.begin(), files_.end(), has_it)) return std::nullopt;
    auto it = std::find(fields_.begin(), fields_.end(), name);
    if (it == fields_.end()) it = fields_.insert(it, std::string(name));
    return query::FieldInfo{query::FieldId{static_cast<std::uint32_t>(it - fields_.begin())},
                            query::FieldType::undeclared};
}

std::vector<ModelSource::Entry> ModelSource::entries_in(const query::TermRange& range) const {
    std::vector<Entry> entries;
    const std::string& name = fields_.at(static_cast<std::size_t>(range.field));
    for (const auto& [node, file] : files_) {
        const Value* value = file.document.find(name);
        if (value == nullptr) continue;
        for (auto& term : query::terms_of(*value, query::FieldType::undeclared)) {
            const bool inside = term.bytes >= range.begin && (range.end.empty() || term.bytes < range.end);
            if (inside) entries.push_back({std::move(term.bytes), {node, term.primary, false}});
        }
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& a, const Entry& b) { return a.term < b.term; });
    return entries;
}

Result<std::unique_ptr<query::PostingCursor>> ModelSource::scan(const query::TermRange& range,
                                                                query::Direction direction) {
    std::vector<query::Posting> postings;
    for (const auto& entry : entries_in(range)) postings.push_back(entry.posting);
    if (direction == query::Direction::descending) std::reverse(postings.begin(), postings.end());
    return std::unique_ptr<query::PostingCursor>(std::make_unique<Postings>(std::move(postings)));
}

Result<std::uint64_t> ModelSource::count(const query::TermRange& range, std::uint64_t count_max) {
    return std::min<std::uint64_t>(entries_in(range).size(), count_max);
}

std::unique_ptr<query::FileCursor> ModelSource::files_by_node() {
    std::vector<NodeId> nodes;
    for (const auto& [node, file] : files_) nodes.push_back(node);
    return std::make_unique<Nodes>(std::move(nodes));
}

std::unique_ptr<query::FileCursor> ModelSource::files_by_key() {
    std::vector<std::pair<std::string, NodeId>> sorted;
    for (const auto& [node, file] : files_) sorted.emplace_back(sortable(file.key), node);
    std::sort(sorted.begin(), sorted.end());
    std::vector<NodeId> nodes;
    for (const auto& [key, node] : sorted) nodes.push_back(node);
    return std::make_unique<Nodes>(std::move(nodes));
}

Result<const ModelSource::File*> ModelSource::find(NodeId node) const {
    const auto it = files_.find(node);
    if (it == files_.end()) return fail(Errc::not_found);
    return &it->second;
}

Result<Document> ModelSource::document(NodeId node) {
    return ASTEROPE_TRY(find(node))->document;
}
Result<Attr> ModelSource::attr(NodeId node) {
    return ASTEROPE_TRY(find(node))->attr;
}
Result<std::string> ModelSource::key(NodeId node) {
    return ASTEROPE_TRY(find(node))->key;
}

}  // namespace asterope

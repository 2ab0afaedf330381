#include "tests/query/memory_source.h"

#include <algorithm>
#include <tuple>

#include "query/encoding.h"

namespace asterope::query::testing {
namespace {

std::vector<std::string> components(const std::string& key) {
    std::vector<std::string> out(1);
    for (const char c : key) {
        if (c == '/')
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

/// Node ids are neither dense nor in key order.
NodeId node_at(std::size_t i, std::size_t count) {
    return NodeId{100 + (i * 7919) % count * (count < 1000 ? 97 : 1)};
}

class Postings : public PostingCursor {
  public:
    Postings(MemorySource& source, const std::vector<MemorySource::Entry>& entries, std::size_t begin,
             std::size_t end, bool down, bool one_term)
        : source_(source), entries_(entries), begin_(begin), end_(end), down_(down), one_term_(one_term) {}

    Result<std::size_t> next(std::span<Posting> out) override {
        if (source_.on_read) source_.on_read();
        std::size_t count = 0;
        for (; count < out.size() && begin_ < end_; ++count) {
            const auto& entry = entries_[down_ ? --end_ : begin_++];
            out[count] = {entry.node, entry.primary, entry.cut};
        }
        source_.postings_read += count;
        return count;
    }
    Status skip_to(NodeId node) override {
        ASTEROPE_CHECK(one_term_ && !down_);
        while (begin_ < end_ && entries_[begin_].node < node) ++begin_;
        return {};
    }

  private:
    MemorySource& source_;
    const std::vector<MemorySource::Entry>& entries_;
    std::size_t begin_, end_;
    const bool down_, one_term_;
};

class Nodes : public FileCursor {
  public:
    Nodes(MemorySource& source, std::vector<NodeId> nodes) : source_(source), nodes_(std::move(nodes)) {}
    Result<std::size_t> next(std::span<NodeId> out) override {
        if (source_.on_read) source_.on_read();
        const std::size_t count = std::min(out.size(), nodes_.size() - at_);
        std::copy_n(nodes_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
        at_ += count;
        return count;
    }

  private:
    MemorySource& source_;
    const std::vector<NodeId> nodes_;
    std::size_t at_ = 0;
};

}  // namespace

MemorySource::MemorySource(std::vector<File> files, std::map<std::string, FieldType> declared)
    : declared_(std::move(declared)) {
    const std::size_t count = std::max<std::size_t>(files.size(), 1);
    for (std::size_t i = 0; i < files.size(); ++i) {
        const NodeId node = node_at(i, count);
        files[i].attr.node = node;
        ASTEROPE_CHECK(files_.emplace(node, std::move(files[i])).second);
    }
    for (const auto& [node, file] : files_) {
        index(node, file.document);
        by_key_.push_back(node);
    }
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
        return std::tuple(a.field, std::string_view(a.term), a.node, !a.primary) <
               std::tuple(b.field, std::string_view(b.term), b.node, !b.primary);
    });
    const auto same = [](const Entry& a, const Entry& b) {
        return a.field == b.field && a.term == b.term && a.node == b.node;
    };
    entries_.erase(std::unique(entries_.begin(), entries_.end(), same), entries_.end());
    std::sort(by_key_.begin(), by_key_.end(), [this](NodeId a, NodeId b) {
        return components(files_.at(a).key) < components(files_.at(b).key);
    });
}

void MemorySource::index(NodeId node, const Document& document) {
    for (const auto& [name, value] : document) {
        const auto type = declared_.find(name);
        const FieldInfo fresh{FieldId{static_cast<std::uint32_t>(fields_.size() + 1)},
                              type == declared_.end() ? FieldType::undeclared : type->second};
        const FieldInfo info = fields_.try_emplace(name, fresh).first->second;
        for (const Term& term : terms_of(value, info.declared))
            entries_.push_back({static_cast<std::uint32_t>(info.id), term.bytes.substr(0, kTermBytes), node,
                                term.primary, term.bytes.size() > kTermBytes});
    }
}

std::pair<std::size_t, std::size_t> MemorySource::positions(const TermRange& range) const {
    const auto field = static_cast<std::uint32_t>(range.field);
    const auto position = [&](auto at) { return static_cast<std::size_t>(at - entries_.begin()); };
    const auto first = std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& e) {
        if (e.field != field) return e.field < field;
        return e.cut ? e.term < range.begin.substr(0, kTermBytes) : e.term < range.begin;
    });
    const auto last = std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& e) {
        if (e.field != field) return e.field < field;
        return range.end.empty() || e.term < range.end;
    });
    return {position(first), std::max(position(first), position(last))};
}

Result<std::optional<FieldInfo>> MemorySource::field(std::string_view name) {
    const auto found = fields_.find(name);
    return found == fields_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::unique_ptr<PostingCursor>> MemorySource::scan(const TermRange& range, Direction direction) {
    const auto [begin, end] = positions(range);
    return std::make_unique<Postings>(*this, entries_, begin, end, direction == Direction::descending,
                                      TermInterval{range.begin, range.end}.single());
}

Result<std::uint64_t> MemorySource::count(const TermRange& range, std::uint64_t count_max) {
    const auto [begin, end] = positions(range);
    return std::min<std::uint64_t>(end - begin, count_max);
}

std::unique_ptr<FileCursor> MemorySource::files_by_node() {
    std::vector<NodeId> nodes;
    for (const auto& [node, file] : files_) nodes.push_back(node);
    return std::make_unique<Nodes>(*this, std::move(nodes));
}

std::unique_ptr<FileCursor> MemorySource::files_by_key() {
    return std::make_unique<Nodes>(*this, by_key_);
}

void MemorySource::read() const {
    if (on_read) on_read();
}

Result<Document> MemorySource::document(NodeId node) {
    read();
    ++documents_fetched;
    const auto found = files_.find(node);
    return found == files_.end() ? Result<Document>(fail(Errc::not_found)) : found->second.document;
}

Result<Attr> MemorySource::attr(NodeId node) {
    read();
    const auto found = files_.find(node);
    return found == files_.end() ? Result<Attr>(fail(Errc::not_found)) : found->second.attr;
}

Result<std::string> MemorySource::key(NodeId node) {
    read();
    const auto found = files_.find(node);
    return found == files_.end() ? Result<std::string>(fail(Errc::not_found)) : found->second.key;
}

Result<std::optional<std::string>> MemorySource::checksum(NodeId node) {
    read();
    return files_.at(node).checksum;
}

NodeId MemorySource::node_of(std::string_view key) const {
    for (const auto& [node, file] : files_)
        if (file.key == key) return node;
    return NodeId{};
}

}  // namespace asterope::query::testing

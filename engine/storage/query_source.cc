#include "engine/storage/query_source.h"

#include <array>

namespace asterope::storage {

using kv::Table;

namespace {

constexpr std::size_t kNodeBytes = 8;

/// The keys [begin, end) of the index table that hold the postings of a TermRange.
struct KeyRange {
    std::string begin, end;
    explicit KeyRange(const query::TermRange& range) {
        const auto field = static_cast<std::uint32_t>(range.field);
        const std::string prefix = field_prefix(field);
        begin = prefix + range.begin.substr(0, kTermBytes);
        if (range.end.empty())
            end = field_prefix(field + 1);
        else if (range.end.size() <= kTermBytes)
            end = prefix + range.end;
        else  // entries that were cut to the same bytes may lie below the end: they are rechecked
            end = prefix + range.end.substr(0, kTermBytes) + std::string(kNodeBytes + 1, '\xff');
    }
};

class IndexCursor final : public query::PostingCursor {
  public:
    IndexCursor(std::unique_ptr<kv::Cursor> cursor, const query::TermRange& range, query::Direction direction)
        : cursor_(std::move(cursor)), keys_(range), ascending_(direction == query::Direction::ascending) {
        if (ascending_)
            cursor_->seek(keys_.begin);
        else
            cursor_->seek_before(keys_.end);
    }

    Result<std::size_t> next(std::span<query::Posting> out) override {
        const std::size_t count = ascending_ ? next_up(out) : next_down(out);
        if (count == 0) ASTEROPE_TRY_STATUS(cursor_->status());
        return count;
    }

    Status skip_to(NodeId node) override {
        // A place that is near is reached sooner by steps than by a search.
        for (int steps = 0; in_range(); ++steps, cursor_->next()) {
            const std::string_view key = cursor_->key();
            if (u64_of(key.substr(key.size() - kNodeBytes)) >= raw(node)) return {};
            if (steps < kStepsMax) continue;
            cursor_->seek(std::string(key.substr(0, key.size() - kNodeBytes)) + node_key(node));
            break;
        }
        return cursor_->status();
    }

  private:
    static constexpr int kStepsMax = 4;

    bool in_range() const {
        return cursor_->valid() && (ascending_ ? cursor_->key() < keys_.end : cursor_->key() >= keys_.begin);
    }
    static query::Posting posting(const kv::Suffix& suffix) {
        return {NodeId{suffix.number}, (suffix.flags & kIndexSecondary) == 0, (suffix.flags & kIndexCut) != 0};
    }
    std::size_t next_up(std::span<query::Posting> out) {
        std::size_t count = 0;
        while (count < out.size()) {
            const auto wanted = std::span(suffixes_).first(std::min(suffixes_.size(), out.size() - count));
            const std::size_t got = cursor_->read_suffixes(keys_.end, wanted);
            for (const kv::Suffix& suffix : wanted.first(got)) out[count++] = posting(suffix);
            if (got < wanted.size()) break;
        }
        return count;
    }
    std::size_t next_down(std::span<query::Posting> out) {
        std::size_t count = 0;
        for (; count < out.size() && in_range(); cursor_->prev()) {
            const std::string_view key = cursor_->key(), value = cursor_->value();
            const auto flags = value.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(value.front());
            out[count++] = posting({u64_of(key.substr(key.size() - kNodeBytes)), flags});
        }
        return count;
    }

    std::unique_ptr<kv::Cursor> cursor_;
    KeyRange keys_;
    bool ascending_;
    std::array<kv::Suffix, 256> suffixes_;
};

class NodeOrder final : public query::FileCursor {
  public:
    explicit NodeOrder(std::unique_ptr<kv::Cursor> cursor) : cursor_(std::move(cursor)) { cursor_->seek(""); }

    Result<std::size_t> next(std::span<NodeId> out) override {
        std::size_t count = 0;
        for (; count < out.size() && cursor_->valid(); cursor_->next()) {
            const NodeId node{u64_of(cursor_->key())};
            // A damaged record is one file that is not found, not a query that fails; `check` names it.
            if (is_file_record(cursor_->value())) out[count++] = node;
        }
        if (count == 0) ASTEROPE_TRY_STATUS(cursor_->status());
        return count;
    }

  private:
    std::unique_ptr<kv::Cursor> cursor_;
};

/// Depth first through the names table, which has the entries of a directory in order of their names.
class KeyOrder final : public query::FileCursor {
  public:
    KeyOrder(const View& view, std::unique_ptr<kv::Cursor> cursor) : view_(view), cursor_(std::move(cursor)) {
        enter(kRootNode);
    }

    Result<std::size_t> next(std::span<NodeId> out) override {
        std::size_t count = 0;
        while (count < out.size() && !path_.empty()) {
            if (!cursor_->valid() || !cursor_->key().starts_with(path_.back().prefix)) {
                ASTEROPE_TRY_STATUS(cursor_->status());
                leave();
                continue;
            }
            const Dentry dentry = ASTEROPE_TRY(decode_dentry(cursor_->value()));
            path_.back().at = cursor_->key();
            if (dentry.type == NodeType::directory) {
                enter(dentry.node);
                continue;
            }
            if (ASTEROPE_TRY(is_key(dentry))) out[count++] = dentry.node;
            cursor_->next();
        }
        return count;
    }

  private:
    struct Level {
        std::string prefix, at;  ///< key prefix of the directory; the key that is being visited
    };
    void enter(NodeId dir) {
        path_.push_back({node_key(dir), {}});
        cursor_->seek(path_.back().prefix);
    }
    void leave() {
        path_.pop_back();
        if (path_.empty()) return;
        cursor_->seek(path_.back().at);
        cursor_->next();
    }
    /// A file with several names is visited at the one that is its key.
    Result<bool> is_key(const Dentry& dentry) const {
        const NamedNode node = ASTEROPE_TRY(view_.named_node(dentry.node));
        if (node.nlink == 1) return true;
        const std::string_view key = path_.back().at;
        return node.parent == NodeId{u64_of(key.substr(0, kNodeBytes))} && node.name == key.substr(kNodeBytes);
    }

    const View& view_;
    std::unique_ptr<kv::Cursor> cursor_;
    std::vector<Level> path_;
};

}  // namespace

Result<std::optional<query::FieldInfo>> QuerySource::field(std::string_view name) {
    const auto record = fields_.find(name);
    if (!record) {
        // Through the reader as well: that there is none is something that has been read.
        if (name.size() <= kv::kKeyBytesMax) ASTEROPE_TRY(view_.reader().get(Table::fields, name));
        return std::optional<query::FieldInfo>();
    }
    // The catalog is never behind a state of the store, and what it has more does no harm. A transaction looks into all classes:
    // that one has nothing is something that it has read.
    const bool in_transaction = dynamic_cast<const kv::Snapshot*>(snapshot_.get()) == nullptr;
    return std::optional(query::FieldInfo{query::FieldId{record->id}, record->declared,
                                          in_transaction ? query::kAllClasses : record->primary_classes});
}

Result<std::unique_ptr<query::PostingCursor>> QuerySource::scan(const query::TermRange& range, query::Direction direction) {
    return std::unique_ptr<query::PostingCursor>(
        std::make_unique<IndexCursor>(snapshot_->cursor(Table::index), range, direction));
}

Result<std::uint64_t> QuerySource::count(const query::TermRange& range, std::uint64_t count_max) {
    const KeyRange keys(range);
    const auto cursor = snapshot_->cursor(Table::index);
    cursor->seek(keys.begin);
    std::array<kv::Suffix, 256> suffixes;
    std::uint64_t count = 0;
    while (count < count_max) {
        const auto wanted = std::span(suffixes).first(std::min<std::uint64_t>(suffixes.size(), count_max - count));
        const std::size_t got = cursor->read_suffixes(keys.end, wanted);
        count += got;
        if (got < wanted.size()) break;
    }
    ASTEROPE_TRY_STATUS(cursor->status());
    return count;
}

std::uint64_t QuerySource::file_count_estimate() { return view_.number("node_count").value_or(0); }

std::unique_ptr<query::FileCursor> QuerySource::files_by_node() {
    return std::make_unique<NodeOrder>(snapshot_->cursor(Table::nodes));
}

std::unique_ptr<query::FileCursor> QuerySource::files_by_key() {
    return std::make_unique<KeyOrder>(view_, snapshot_->cursor(Table::names));
}

Result<NodeRecord> QuerySource::file(NodeId node) const {
    NodeRecord record = ASTEROPE_TRY(view_.node(node));
    if (record.attr.type == NodeType::directory || record.attr.nlink == 0) return fail(Errc::not_found);
    return record;
}

Result<Document> QuerySource::document(NodeId node) {
    Document document = ASTEROPE_TRY(view_.document(node));
    if (document.empty()) ASTEROPE_TRY(file(node));
    return document;
}

Result<Attr> QuerySource::attr(NodeId node) { return ASTEROPE_TRY(file(node)).attr; }

Result<std::optional<std::string>> QuerySource::checksum(NodeId node) {
    const auto known = ASTEROPE_TRY(view_.checksum(node));
    return known ? std::optional(to_hex(*known)) : std::nullopt;
}

Result<std::string> QuerySource::key(NodeId node) { return ASTEROPE_TRY(hit(node)).key; }

Result<Hit> QuerySource::hit(NodeId node) {
    const NamedNode named = ASTEROPE_TRY(view_.named_node(node));
    if (named.nlink == 0) return fail(Errc::stale);
    std::string key(ASTEROPE_TRY(path_of(named.parent)));
    return Hit{node, named.type, std::move(key.append(named.name))};
}

/// The key of a directory with a '/' behind it; empty for the root.
Result<std::string_view> QuerySource::path_of(NodeId dir) {
    if (dir == kRootNode) return std::string_view();
    if (const auto known = paths_.find(dir); known != paths_.end()) return known->second;
    if (paths_.size() >= kPathsMax) paths_.clear();
    return paths_.emplace(dir, ASTEROPE_TRY(view_.key(dir)) + "/").first->second;
}

}  // namespace asterope::storage

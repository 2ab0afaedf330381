#include "engine/storage/query_source.h"

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
        std::size_t count = 0;
        for (; count < out.size() && in_range(); ++count) {
            out[count] = posting();
            ascending_ ? cursor_->next() : cursor_->prev();
        }
        if (count == 0) ASTEROPE_TRY_STATUS(cursor_->status());
        return count;
    }

    Status skip_to(NodeId node) override {
        if (!in_range()) return cursor_->status();
        const std::string_view key = cursor_->key();
        if (u64_of(key.substr(key.size() - kNodeBytes)) >= raw(node)) return {};
        cursor_->seek(std::string(key.substr(0, key.size() - kNodeBytes)) + node_key(node));
        return cursor_->status();
    }

  private:
    bool in_range() const {
        return cursor_->valid() && (ascending_ ? cursor_->key() < keys_.end : cursor_->key() >= keys_.begin);
    }
    query::Posting posting() const {
        const std::string_view key = cursor_->key(), value = cursor_->value();
        const auto flags = value.empty() ? 0 : static_cast<std::uint8_t>(value.front());
        std::uint64_t node = 0;
        __builtin_memcpy(&node, key.data() + key.size() - kNodeBytes, kNodeBytes);
        return {NodeId{__builtin_bswap64(node)}, (flags & kIndexSecondary) == 0, (flags & kIndexCut) != 0};
    }

    std::unique_ptr<kv::Cursor> cursor_;
    KeyRange keys_;
    bool ascending_;
};

class NodeOrder final : public query::FileCursor {
  public:
    explicit NodeOrder(std::unique_ptr<kv::Cursor> cursor) : cursor_(std::move(cursor)) { cursor_->seek(""); }

    Result<std::size_t> next(std::span<NodeId> out) override {
        std::size_t count = 0;
        for (; count < out.size() && cursor_->valid(); cursor_->next()) {
            const NodeId node{u64_of(cursor_->key())};
            const auto record = decode_node(node, cursor_->value());
            // A damaged record is one file that is not found, not a query that fails; `check` names it.
            if (record && record->attr.type != NodeType::directory && record->attr.nlink > 0) out[count++] = node;
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
        const NodeRecord record = ASTEROPE_TRY(view_.node(dentry.node));
        if (record.attr.nlink == 1) return true;
        const std::string_view key = path_.back().at;
        return record.first_link.parent == NodeId{u64_of(key.substr(0, kNodeBytes))} &&
               record.first_link.name == key.substr(kNodeBytes);
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
    return std::optional(query::FieldInfo{query::FieldId{record->id}, record->declared});
}

Result<std::unique_ptr<query::PostingCursor>> QuerySource::scan(const query::TermRange& range, query::Direction direction) {
    return std::unique_ptr<query::PostingCursor>(
        std::make_unique<IndexCursor>(snapshot_->cursor(Table::index), range, direction));
}

Result<std::uint64_t> QuerySource::count(const query::TermRange& range, std::uint64_t count_max) {
    const KeyRange keys(range);
    const auto cursor = snapshot_->cursor(Table::index);
    std::uint64_t count = 0;
    for (cursor->seek(keys.begin); count < count_max && cursor->valid() && cursor->key() < keys.end; cursor->next()) ++count;
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
Result<std::string> QuerySource::key(NodeId node) { return view_.key(node); }

}  // namespace asterope::storage

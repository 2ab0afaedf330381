#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "query/index_source.h"

namespace asterope::query::testing {

struct File {
    std::string key;
    Document document;
    Attr attr;  ///< its node is set by the source
    std::optional<std::string> checksum{};
};

/// An IndexSource in memory that does as a storage does: terms are cut after kTermBytes, postings lie by term
/// and node.
class MemorySource : public IndexSource {
  public:
    static constexpr std::size_t kTermBytes = 24;

    explicit MemorySource(std::vector<File> files, std::map<std::string, FieldType> declared = {});

    Result<std::optional<FieldInfo>> field(std::string_view name) override;
    Result<std::unique_ptr<PostingCursor>> scan(const TermRange& range, Direction direction) override;
    Result<std::uint64_t> count(const TermRange& range, std::uint64_t count_max) override;
    std::uint64_t file_count_estimate() override { return files_.size(); }
    std::unique_ptr<FileCursor> files_by_node() override;
    std::unique_ptr<FileCursor> files_by_key() override;
    Result<Document> document(NodeId node) override;
    Result<Attr> attr(NodeId node) override;
    Result<std::string> key(NodeId node) override;
    Result<std::optional<std::string>> checksum(NodeId node) override;

    const std::map<NodeId, File>& files() const { return files_; }
    const std::map<std::string, FieldType>& declared() const { return declared_; }
    NodeId node_of(std::string_view key) const;

    std::function<void()> on_read;  ///< called before every batch of a cursor and every fetch
    std::uint64_t documents_fetched = 0;
    std::uint64_t postings_read = 0;

    struct Entry {
        std::uint32_t field;
        std::string term;
        NodeId node;
        bool primary;
        bool cut;
    };

  private:
    void index(NodeId node, const Document& document);
    /// Positions in entries_.
    std::pair<std::size_t, std::size_t> positions(const TermRange& range) const;
    void read() const;

    std::map<NodeId, File> files_;
    std::map<std::string, FieldType> declared_;
    std::map<std::string, FieldInfo, std::less<>> fields_;
    std::vector<Entry> entries_;
    std::vector<NodeId> by_key_;
};

}  // namespace asterope::query::testing

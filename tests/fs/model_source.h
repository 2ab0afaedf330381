#pragma once

#include <map>
#include <string>
#include <vector>

#include "query/index_source.h"

namespace asterope {

/// A copy of all files at one moment, as the query engine wants to see it: sorted vectors, made on demand.
class ModelSource : public query::IndexSource {
  public:
    struct File {
        std::string key;
        Attr attr;
        Document document;
    };
    explicit ModelSource(std::map<NodeId, File> files) : files_(std::move(files)) {}

    Result<std::optional<query::FieldInfo>> field(std::string_view name) override;
    Result<std::unique_ptr<query::PostingCursor>> scan(const query::TermRange& range,
                                                       query::Direction direction) override;
    Result<std::uint64_t> count(const query::TermRange& range, std::uint64_t count_max) override;
    std::uint64_t file_count_estimate() override { return files_.size(); }
    std::unique_ptr<query::FileCursor> files_by_node() override;
    std::unique_ptr<query::FileCursor> files_by_key() override;
    Result<Document> document(NodeId node) override;
    Result<Attr> attr(NodeId node) override;
    Result<std::string> key(NodeId node) override;
    Result<std::optional<std::string>> checksum(NodeId) override { return std::nullopt; }

  private:
    struct Entry {
        std::string term;
        query::Posting posting;
    };
    std::vector<Entry> entries_in(const query::TermRange& range) const;
    Result<const File*> find(NodeId node) const;

    std::map<NodeId, File> files_;
    std::vector<std::string> fields_;  ///< by FieldId
};

}  // namespace asterope

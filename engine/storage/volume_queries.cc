#include "engine/storage/store_volume.h"
#include "engine/storage/query_source.h"
#include "query/executor.h"

namespace asterope::storage {

namespace {

/// Results over the snapshot that was taken when the query was asked.
class LocalResults final : public ResultStream {
  public:
    LocalResults(std::unique_ptr<QuerySource> source, std::unique_ptr<query::ResultCursor> cursor, bool with_documents)
        : source_(std::move(source)), cursor_(std::move(cursor)), with_documents_(with_documents) {}

    Result<std::vector<Hit>> next(std::size_t count_max) override {
        std::vector<NodeId> nodes(count_max);
        nodes.resize(ASTEROPE_TRY(cursor_->next(nodes)));
        std::vector<Hit> hits;
        hits.reserve(nodes.size());
        for (const NodeId node : nodes) hits.push_back(ASTEROPE_TRY(hit(node)));
        return hits;
    }

  private:
    Result<Hit> hit(NodeId node) {
        Hit hit = ASTEROPE_TRY(source_->hit(node));
        if (with_documents_) hit.document = ASTEROPE_TRY(source_->document(node));
        return hit;
    }

    std::unique_ptr<QuerySource> source_;
    std::unique_ptr<query::ResultCursor> cursor_;
    bool with_documents_;
};

}  // namespace

Result<std::unique_ptr<ResultStream>> StoreVolume::query(const query::Query& query, const QueryOptions& options) {
    auto source = std::make_unique<QuerySource>(rooms_.scope.now(), rooms_.fields);
    auto cursor = ASTEROPE_TRY(query::run(query, *source, options.stop));
    return std::unique_ptr<ResultStream>(
        std::make_unique<LocalResults>(std::move(source), std::move(cursor), options.with_documents));
}

Result<std::uint64_t> StoreVolume::count(const query::Query& query, const QueryOptions& options) {
    QuerySource source(rooms_.scope.now(), rooms_.fields);
    return query::count(query, source, options.stop);
}

Result<std::string> StoreVolume::explain(const query::Query& query, const QueryOptions& options) {
    QuerySource source(rooms_.scope.now(), rooms_.fields);
    return query::explain(query, source, options.stop);
}

Result<bool> StoreVolume::matches(const query::Query& query, NodeId node) {
    QuerySource source(rooms_.scope.now(), rooms_.fields);
    return query::matches(query, source, node);
}

}  // namespace asterope::storage

#include <algorithm>
#include <array>

#include "query/executor.h"
#include "tests/fs/model_source.h"
#include "tests/fs/model_volume.h"

namespace asterope {
namespace {

class ModelStream : public ResultStream {
  public:
    static Result<std::unique_ptr<ResultStream>> open(std::unique_ptr<ModelSource> source,
                                                      const query::Query& query,
                                                      const QueryOptions& options) {
        auto stream = std::make_unique<ModelStream>();
        stream->source_ = std::move(source);
        stream->with_documents_ = options.with_documents;
        stream->cursor_ = ASTEROPE_TRY(query::run(query, *stream->source_, options.stop));
        return std::unique_ptr<ResultStream>(std::move(stream));
    }

    Result<std::vector<Hit>> next(std::size_t count_max) override {
        std::array<NodeId, 256> nodes;
        const std::size_t count =
            ASTEROPE_TRY(cursor_->next(std::span(nodes).first(std::min(count_max, nodes.size()))));
        std::vector<Hit> hits;
        for (const NodeId node : std::span(nodes).first(count)) {
            Hit hit{node, ASTEROPE_TRY(source_->attr(node)).type, ASTEROPE_TRY(source_->key(node)),
                    std::nullopt};
            if (with_documents_) hit.document = ASTEROPE_TRY(source_->document(node));
            hits.push_back(std::move(hit));
        }
        return hits;
    }

  private:
    std::unique_ptr<ModelSource> source_;
    std::unique_ptr<query::ResultCursor> cursor_;
    bool with_documents_ = false;
};

}  // namespace

std::unique_ptr<ModelSource> ModelVolume::source() {
    std::lock_guard lock(mutex_);
    std::map<NodeId, ModelSource::File> files;
    for (const auto& [id, node] : nodes_) {
        const bool is_file = node.attr.type != NodeType::directory && !node.links.empty();
        if (is_file) files.emplace(id, ModelSource::File{key_of(node), node.attr, node.document});
    }
    return std::make_unique<ModelSource>(std::move(files));
}

Result<std::unique_ptr<ResultStream>> ModelVolume::query(const query::Query& query,
                                                         const QueryOptions& options) {
    return ModelStream::open(source(), query, options);
}

Result<std::uint64_t> ModelVolume::count(const query::Query& query, const QueryOptions& options) {
    return query::count(query, *source(), options.stop);
}

Result<std::string> ModelVolume::explain(const query::Query& query, const QueryOptions& options) {
    return query::explain(query, *source(), options.stop);
}

Result<bool> ModelVolume::matches(const query::Query& query, NodeId node) {
    return query::matches(query, *source(), node);
}

}  // namespace asterope

#include "client/results.h"

namespace asterope {
namespace {
constexpr std::size_t kBatchHits = 256;
}

Result<std::optional<Hit>> Results::next() {
    if (!query_) return Unexpected(query_.error());
    if (used_ == batch_.size() && !ended_) {
        if (!stream_) stream_ = ASTEROPE_TRY(volume_->query(*query_, options_));
        batch_ = ASTEROPE_TRY(stream_->next(kBatchHits));
        used_ = 0;
        ended_ = batch_.empty();
        if (ended_) stream_.reset();
    }
    if (ended_) return std::nullopt;
    return std::optional<Hit>(std::move(batch_[used_++]));
}

Result<std::vector<Hit>> Results::all() {
    std::vector<Hit> hits;
    while (auto hit = ASTEROPE_TRY(next())) hits.push_back(std::move(*hit));
    return hits;
}

Result<std::uint64_t> Results::count() {
    if (!query_) return Unexpected(query_.error());
    return volume_->count(*query_, options_);
}

Result<std::string> Results::explain() {
    if (!query_) return Unexpected(query_.error());
    return volume_->explain(*query_, options_);
}

}  // namespace asterope

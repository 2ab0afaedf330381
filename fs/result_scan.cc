#include "fs/result_scan.h"

namespace asterope::fs {
namespace {

constexpr std::size_t kBatchHits = 256;

}  // namespace

ResultScan::ResultScan(Volume& volume, std::shared_ptr<const query::Query> query, const Caller& caller,
                       Visible visible)
    : volume_(volume), query_(std::move(query)), caller_(caller.with_known_groups()), visible_(visible) {}

void ResultScan::restart() {
    stream_.reset();
}

Status ResultScan::begin() {
    access_.emplace(volume_, caller_);
    stream_ = ASTEROPE_TRY(
        volume_.query(*query_, {.with_documents = visible_ == Visible::document, .stop = stop_.get_token()}));
    return {};
}

bool ResultScan::is_visible(const Hit& hit) {
    if (access_->everything()) return true;
    if (!access_->can_reach(hit.key)) return false;
    if (visible_ == Visible::name) return true;
    const auto attr = volume_.getattr(hit.node);
    return attr && access_->may_read(*attr);
}

Result<std::vector<Hit>> ResultScan::next(const std::stop_token& stop) {
    // The stream has one stop token for its whole life; each request brings its own.
    if (!stream_) stop_ = std::stop_source();
    const std::stop_callback interrupt(stop, [this] { stop_.request_stop(); });
    if (!stream_) ASTEROPE_TRY_STATUS(begin());
    for (;;) {
        auto hits = stream_->next(kBatchHits);
        if (!hits) {
            restart();
            return hits;
        }
        if (hits->empty()) return hits;
        std::erase_if(*hits, [this](const Hit& hit) { return !is_visible(hit); });
        if (!hits->empty()) return hits;
    }
}

}  // namespace asterope::fs

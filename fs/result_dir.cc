#include "fs/result_dir.h"

#include "engine/core/path.h"
#include "fs/result_name.h"

namespace asterope::fs {
namespace {

/// Offset 1 is after ".", 2 after "..", 2 + n after the n-th result.
constexpr std::uint64_t kDotOffsets = 2;
/// Names kept for a kernel that asks again from a little earlier, when its buffer was full.
constexpr std::size_t kWindowNames = 4096;

}  // namespace

Status ResultDir::start(const Caller& caller) {
    std::lock_guard lock(mutex_);
    return fetch(caller);
}

void ResultDir::rewind() {
    scan_.restart();
    ended_ = false;
    given_.clear();
    window_.clear();
    skip_.clear();
}

Status ResultDir::fetch(const Caller& caller) {
    const auto hits = scan_.next(caller.stop);
    if (!hits) {
        // The evaluation begins again with the next request: what was given must not come twice.
        skip_ = std::unordered_set<NodeId>(given_.begin(), given_.end());
        return Unexpected(hits.error());
    }
    ended_ = hits->empty();
    if (window_.size() >= 2 * kWindowNames) {
        window_.erase(window_.begin(),
                      window_.begin() + static_cast<std::ptrdiff_t>(window_.size() - kWindowNames));
    }
    for (const auto& hit : *hits) {
        if (skip_.contains(hit.node)) continue;
        given_.push_back(hit.node);
        window_.push_back({encode_result_name(hit.key, hit.node), hit.type});
    }
    return {};
}

std::optional<ResultDir::Shown> ResultDir::shown(std::size_t index) const {
    const std::size_t window_begin = given_.size() - window_.size();
    if (index >= window_begin) return window_[index - window_begin];
    const NodeId node = given_[index];
    const auto key = key_of(volume_, node);
    const auto attr = volume_.getattr(node);
    if (!key || !attr) return std::nullopt;
    return Shown{encode_result_name(*key, node), attr->type};
}

Status ResultDir::read(const Caller& caller, std::uint64_t offset, bool, const DirSink& sink) {
    std::lock_guard lock(mutex_);
    if (offset == 0 && !fresh_) rewind();
    fresh_ = false;
    const DirRecord dots[] = {{".", dir_, NodeType::directory, 1, {}},
                              {"..", parent_, NodeType::directory, 2, {}}};
    for (const auto& dot : dots) {
        if (dot.next > offset && !sink(dot)) return {};
    }
    // No result carries attributes: the kernel must look each up, and be told then whether the caller may reach it.
    for (std::size_t index = offset > kDotOffsets ? static_cast<std::size_t>(offset - kDotOffsets) : 0;;
         ++index) {
        while (index >= given_.size() && !ended_) ASTEROPE_TRY_STATUS(fetch(caller));
        if (index >= given_.size()) return {};
        const auto entry = shown(index);
        if (entry && !sink({entry->name, given_[index], entry->type, index + 1 + kDotOffsets, {}})) return {};
    }
}

}  // namespace asterope::fs

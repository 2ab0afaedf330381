#include "query/operators/key_order.h"

#include <algorithm>
#include <array>

#include "query/operators/sets.h"

namespace asterope::query {

std::string key_order_bytes(std::string key) {
    std::replace(key.begin(), key.end(), '/', '\0');
    return key;
}

Result<std::uint64_t> KeyOrder::estimate(std::uint64_t count_max) {
    if (plan_.set && !plan_.complement) return plan_.set->estimate(count_max);
    return source().file_count_estimate();
}

std::vector<Operator*> KeyOrder::inputs() const {
    if (!plan_.set) return {};
    return {plan_.set.get()};
}

std::string KeyOrder::label() const {
    std::string out = "key order";
    if (mode_ == Mode::sorted) out += ", sorted";
    if (mode_ == Mode::trying || mode_ == Mode::walking) out += ", walked";
    if (plan_.complement) out += ", all files but";
    if (!plan_.residual.empty()) out += ", filter " + label_of(plan_.residual);
    return out;
}

Status KeyOrder::choose() {
    const bool few = plan_.set && !plan_.complement &&
                     ASTEROPE_TRY(plan_.set->estimate(sorted_count_max_ + 1)) <= sorted_count_max_;
    if (few) {
        ASTEROPE_TRY_STATUS(collect());
        return sort_collected();
    }
    files_ = source().files_by_key();
    mode_ = plan_.set ? Mode::trying : Mode::walking;
    return {};
}

Status KeyOrder::collect() {
    std::array<NodeId, kBatch> nodes;
    while (const std::size_t count = ASTEROPE_TRY(plan_.set->next(nodes)))
        candidates_.add(std::span(nodes).first(count));
    candidates_.seal();
    return {};
}

bool KeyOrder::few_are_left() const {
    // Directories are in the estimate, too.
    const std::uint64_t files = source().file_count_estimate();
    return files - std::min<std::uint64_t>(files, candidates_.size()) <= files / 16 + sorted_count_max_;
}

/// A walk by node costs much less than one by key.
Status KeyOrder::complement_candidates() {
    NodeSet left;
    const auto files = source().files_by_node();
    std::array<NodeId, kBatch> nodes;
    while (const std::size_t count = ASTEROPE_TRY(files->next(nodes))) {
        ASTEROPE_TRY_STATUS(context().check());
        const auto end = std::remove_if(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(count),
                                        [this](NodeId node) { return candidates_.contains(node); });
        left.add(std::span(nodes.begin(), end));
    }
    left.seal();
    candidates_ = std::move(left);
    plan_.complement = false;
    return {};
}

/// Sorts the candidates that were not tried on the walk.
Status KeyOrder::sort_collected() {
    std::vector<std::pair<std::string, NodeId>> keyed;
    std::array<NodeId, kBatch> nodes;
    for (NodeId from{}; const std::size_t count = candidates_.read(from, nodes);
         from = NodeId{raw(nodes[count - 1]) + 1}) {
        ASTEROPE_TRY_STATUS(context().check());
        for (const NodeId node : std::span(nodes).first(count)) {
            if (tried_.contains(node)) continue;
            auto key = source().key(node);
            if (!key && key.error().code == Errc::not_found) continue;
            keyed.emplace_back(key_order_bytes(ASTEROPE_TRY(std::move(key))), node);
        }
    }
    std::sort(keyed.begin(), keyed.end());
    for (const auto& [key, node] : keyed) sorted_.push_back(node);
    mode_ = Mode::sorted;
    return {};
}

/// A key costs less than a document: what is left to ask is asked of the rows that are wanted, in their order.
Result<std::size_t> KeyOrder::give_sorted(std::span<NodeId> out) {
    std::size_t count = 0;
    while (count < out.size() && given_ < sorted_.size()) {
        const NodeId node = sorted_[given_++];
        if (!plan_.residual.empty()) {
            ASTEROPE_TRY_STATUS(context().check());
            if (!ASTEROPE_TRY(holds(context(), plan_.residual, node))) continue;
        }
        out[count++] = node;
    }
    return count;
}

Result<bool> KeyOrder::accepts(NodeId node) {
    if (mode_ == Mode::trying) {
        tried_.insert(node);
        return holds(context(), whole_, node);
    }
    if (plan_.set && candidates_.contains(node) == plan_.complement) return false;
    return plan_.residual.empty() ? Result<bool>(true) : holds(context(), plan_.residual, node);
}

Result<std::size_t> KeyOrder::walk(std::span<NodeId> out) {
    constexpr std::size_t kBlock = 64;
    std::size_t count = 0;
    while (count < out.size()) {
        if (block_at_ == block_.size()) {
            if (count != 0) return count;  // what is there is given before more is looked for
            if (mode_ == Mode::trying && tried_.size() >= kTriedFiles) {
                ASTEROPE_TRY_STATUS(collect());
                mode_ = Mode::walking;
                if (plan_.complement && few_are_left()) ASTEROPE_TRY_STATUS(complement_candidates());
                if (!plan_.complement && candidates_.size() <= sorted_count_max_) {
                    ASTEROPE_TRY_STATUS(sort_collected());
                    return give_sorted(out);
                }
            }
            ASTEROPE_TRY_STATUS(context().check());
            block_.resize(mode_ == Mode::trying ? kBlock : kBatch);
            block_.resize(ASTEROPE_TRY(files_->next(block_)));
            block_at_ = 0;
            if (block_.empty()) return 0;
        }
        const NodeId node = block_[block_at_++];
        if (ASTEROPE_TRY(accepts(node))) out[count++] = node;
    }
    return count;
}

Result<std::size_t> KeyOrder::do_next(std::span<NodeId> out) {
    if (mode_ == Mode::start) ASTEROPE_TRY_STATUS(choose());
    return mode_ == Mode::sorted ? give_sorted(out) : walk(out);
}

}  // namespace asterope::query

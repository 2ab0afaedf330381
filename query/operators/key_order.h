#pragma once

#include <unordered_set>

#include "query/node_set.h"
#include "query/operators/operator.h"
#include "query/planner.h"

namespace asterope::query {

/// The files of a plan in key order.
///
/// Few candidates are collected and sorted by their keys. Many are met on a walk over the files in key order:
/// the first kTriedFiles are tried by their documents, so that the first results come at once; then the
/// candidates are collected and the walk goes on asking that set. Nothing indexed: the whole walk tries
/// documents. Lifetime: the predicates must outlive it.
class KeyOrder : public Operator {
  public:
    /// `whole`: what makes a file a result, all of it. At most `sorted_count_max` candidates are sorted
    /// instead of walked for.
    KeyOrder(const Context& context, Plan plan, std::vector<const Bound*> whole, std::size_t sorted_count_max)
        : Operator(context),
          plan_(std::move(plan)),
          whole_(std::move(whole)),
          sorted_count_max_(sorted_count_max) {}
    Result<std::uint64_t> estimate(std::uint64_t count_max) override;

    static constexpr std::size_t kSortedCountMax = 4096;
    static constexpr std::size_t kTriedFiles = 512;

  protected:
    Result<std::size_t> do_next(std::span<NodeId> out) override;
    std::string label() const override;
    std::vector<Operator*> inputs() const override;

  private:
    enum class Mode { start, sorted, trying, walking };

    Status choose();
    Status collect();
    bool few_are_left() const;
    Status complement_candidates();
    Status sort_collected();
    Result<std::size_t> give_sorted(std::span<NodeId> out);
    Result<std::size_t> walk(std::span<NodeId> out);
    Result<bool> accepts(NodeId node);

    Plan plan_;
    const std::vector<const Bound*> whole_;
    const std::size_t sorted_count_max_;
    Mode mode_ = Mode::start;
    NodeSet candidates_;
    std::vector<NodeId> sorted_;
    std::size_t given_ = 0;
    std::unique_ptr<FileCursor> files_;
    std::vector<NodeId> block_;  ///< files of the walk, tried up to block_at_
    std::size_t block_at_ = 0;
    std::unordered_set<NodeId> tried_;
};

/// `key` as bytes in key order: '/' below every other byte.
std::string key_order_bytes(std::string key);

}  // namespace asterope::query

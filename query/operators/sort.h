#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/bound.h"
#include "query/operators/operator.h"

namespace asterope::query {

/// Its input, which comes in key order, by the values of fields; equal ones stay in key order.
/// Holds a sort key for each row, or for about the first `count_max` of them.
class Sort : public Operator {
  public:
    Sort(const Context& context, std::unique_ptr<Operator> input, std::vector<BoundOrder> order,
         std::optional<std::uint64_t> count_max);
    Result<std::uint64_t> estimate(std::uint64_t count_max) override { return input_->estimate(count_max); }

  protected:
    Result<std::size_t> do_next(std::span<NodeId> out) override;
    std::string label() const override;
    std::vector<Operator*> inputs() const override { return {input_.get()}; }

  private:
    struct Row {
        std::string key;
        std::uint64_t place;  ///< in key order
        NodeId node;
        bool operator<(const Row& other) const {
            return key != other.key ? key < other.key : place < other.place;
        }
    };
    Status sort();
    Status add(NodeId node);
    void drop_beyond_count();

    std::unique_ptr<Operator> input_;
    const std::vector<BoundOrder> order_;
    const std::optional<std::uint64_t> count_max_;
    std::vector<Row> rows_;
    std::optional<Row> last_kept_;  ///< the greatest of the first count_max_ so far
    std::uint64_t place_ = 0;
    std::size_t given_ = 0;
    bool sorted_ = false;
};

}  // namespace asterope::query

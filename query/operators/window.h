#pragma once

#include <optional>
#include <string>

#include "query/operators/operator.h"

namespace asterope::query {

/// The rows of its input after the first `offset`, at most `limit` of them.
class Window : public Operator {
  public:
    Window(const Context& context, std::unique_ptr<Operator> input, std::optional<std::uint64_t> limit,
           std::uint64_t offset)
        : Operator(context),
          input_(std::move(input)),
          limit_(limit),
          left_(limit),
          offset_(offset),
          to_skip_(offset) {}
    Result<std::uint64_t> estimate(std::uint64_t count_max) override;

  protected:
    Result<std::size_t> do_next(std::span<NodeId> out) override;
    std::string label() const override;
    std::vector<Operator*> inputs() const override { return {input_.get()}; }

  private:
    std::size_t rows_wanted(std::size_t room) const;

    std::unique_ptr<Operator> input_;
    const std::optional<std::uint64_t> limit_;
    std::optional<std::uint64_t> left_;
    const std::uint64_t offset_;
    std::uint64_t to_skip_;
};

}  // namespace asterope::query

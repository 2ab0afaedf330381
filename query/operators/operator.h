#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/ids.h"
#include "engine/core/result.h"
#include "query/index_source.h"

/// The small steps that plans are made of. Each pulls from its inputs and can print itself with what it did.
/// Opening one does nothing: work begins with the first next().
/// Errors:   interrupted · whatever the source answers
/// Threads:  one at a time.
namespace asterope::query {

constexpr std::size_t kBatch = 256;

/// What all operators of one evaluation share.
struct Context {
    IndexSource& source;
    std::stop_token stop;

    /// Errors: interrupted
    Status check() const {
        if (stop.stop_requested()) return fail(Errc::interrupted, "query: interrupted");
        return {};
    }
};

class Operator {
  public:
    explicit Operator(const Context& context) : context_(context) {}
    virtual ~Operator() = default;
    Operator(const Operator&) = delete;
    Operator& operator=(const Operator&) = delete;

    /// Fills `out` from the front; 0 = end. Checks for interruption.
    Result<std::size_t> next(std::span<NodeId> out);
    /// An upper bound of the rows to come, without running; counting stops at `count_max`.
    virtual Result<std::uint64_t> estimate(std::uint64_t count_max) = 0;
    /// Fixes the estimates that describe() prints, for this operator and its inputs.
    Status prepare_description();
    /// One line for this operator, then its inputs, indented two more.
    void describe(std::string& out, std::size_t indent = 0) const;

  protected:
    virtual Result<std::size_t> do_next(std::span<NodeId> out) = 0;
    virtual std::string label() const = 0;
    virtual std::vector<Operator*> inputs() const { return {}; }
    const Context& context() const { return context_; }
    IndexSource& source() const { return context_.source; }

  private:
    const Context& context_;
    std::uint64_t estimated_ = 0;
    std::uint64_t rows_ = 0;
    std::chrono::nanoseconds time_{};
};

/// An operator whose rows are distinct nodes in ascending order.
class SetOperator : public Operator {
  public:
    using Operator::Operator;
    /// The rows that follow are nodes >= `node`.
    virtual Status skip_to(NodeId node) = 0;
    /// Whether skip_to and the first rows cost little, however many rows there are.
    virtual bool seekable() const { return false; }
};
using SetOperatorPtr = std::unique_ptr<SetOperator>;

/// Compares ascending nodes, block by block, with a SetOperator. Every block is above the one before.
class SetReader {
  public:
    explicit SetReader(SetOperator& set) : set_(set) {}
    /// Moves the nodes of `block` that are in the set to its front; returns how many.
    Result<std::size_t> keep(std::span<NodeId> block) { return sieve<true>(block); }
    /// The same for the nodes that are not in the set.
    Result<std::size_t> drop(std::span<NodeId> block) { return sieve<false>(block); }
    /// The first row that was not compared yet; nullopt = none is left. After keep() or drop().
    std::optional<NodeId> position() const {
        return at_ < rows_.size() ? std::optional(rows_[at_]) : std::nullopt;
    }

  private:
    template <bool kKeep>
    Result<std::size_t> sieve(std::span<NodeId> block);
    Status refill(NodeId from);

    SetOperator& set_;
    std::vector<NodeId> rows_;
    std::size_t at_ = 0;
    std::size_t hits_ = 0;  ///< nodes compared with these rows: many of them make the next batch larger
    bool end_ = false;
};

}  // namespace asterope::query

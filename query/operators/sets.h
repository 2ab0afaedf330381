#pragma once

#include "query/bound.h"
#include "query/operators/operator.h"
#include "query/operators/scans.h"

/// Operators that combine sets of files.
namespace asterope::query {

/// The nodes that are in all of its inputs. The first, the smallest, leads; the others are compared with its
/// blocks.
class Intersect : public SetOperator {
  public:
    Intersect(const Context& context, std::vector<SetOperatorPtr> sets);
    Result<std::uint64_t> estimate(std::uint64_t count_max) override;
    Status skip_to(NodeId node) override { return sets_.front()->skip_to(node); }
    bool seekable() const override;

  protected:
    Result<std::size_t> do_next(std::span<NodeId> out) override;
    std::string label() const override { return "intersect"; }
    std::vector<Operator*> inputs() const override;

  private:
    Result<std::size_t> keep_common(std::span<NodeId> block);

    std::vector<SetOperatorPtr> sets_;
    std::vector<SetReader> others_;  ///< of all sets but the first
};

/// The nodes that are in any of its inputs.
class Union : public CollectedSet {
  public:
    Union(const Context& context, std::vector<SetOperatorPtr> sets)
        : CollectedSet(context), sets_(std::move(sets)) {}
    Result<std::uint64_t> estimate(std::uint64_t count_max) override;

  protected:
    Status collect(NodeSet& into) override;
    std::string label() const override { return "union"; }
    std::vector<Operator*> inputs() const override;

  private:
    std::vector<SetOperatorPtr> sets_;
};

/// The nodes of `from` that are not in `without`.
class Difference : public SetOperator {
  public:
    Difference(const Context& context, SetOperatorPtr from, SetOperatorPtr without);
    Result<std::uint64_t> estimate(std::uint64_t count_max) override { return from_->estimate(count_max); }
    Status skip_to(NodeId node) override { return from_->skip_to(node); }
    bool seekable() const override { return from_->seekable(); }

  protected:
    Result<std::size_t> do_next(std::span<NodeId> out) override;
    std::string label() const override { return "difference"; }
    std::vector<Operator*> inputs() const override { return {from_.get(), without_.get()}; }

  private:
    SetOperatorPtr from_;
    SetOperatorPtr without_;
    SetReader excluded_;
};

/// The nodes of a set for which every predicate of a list holds, by their documents and attributes.
/// Lifetime: the predicates must outlive it.
class Filter : public SetOperator {
  public:
    Filter(const Context& context, SetOperatorPtr set, std::vector<const Bound*> predicates)
        : SetOperator(context), set_(std::move(set)), predicates_(std::move(predicates)) {}
    Result<std::uint64_t> estimate(std::uint64_t count_max) override { return set_->estimate(count_max); }
    Status skip_to(NodeId node) override { return set_->skip_to(node); }

  protected:
    Result<std::size_t> do_next(std::span<NodeId> out) override;
    std::string label() const override;
    std::vector<Operator*> inputs() const override { return {set_.get()}; }

  private:
    SetOperatorPtr set_;
    const std::vector<const Bound*> predicates_;
};

/// Whether all of `predicates` hold for `node`; false also for a node that is no file.
Result<bool> holds(const Context& context, const std::vector<const Bound*>& predicates, NodeId node);
/// Their expression, for plans.
std::string label_of(const std::vector<const Bound*>& predicates);

}  // namespace asterope::query

#pragma once

#include "query/bound.h"
#include "query/node_set.h"
#include "query/operators/operator.h"

/// Operators that read an index or the list of files.
namespace asterope::query {

/// No file.
class NoFiles : public SetOperator {
  public:
    NoFiles(const Context& context, std::string why) : SetOperator(context), why_(std::move(why)) {}
    Result<std::uint64_t> estimate(std::uint64_t) override { return 0; }
    Status skip_to(NodeId) override { return {}; }
    bool seekable() const override { return true; }

  protected:
    Result<std::size_t> do_next(std::span<NodeId>) override { return 0; }
    std::string label() const override { return "nothing: " + why_; }

  private:
    const std::string why_;
};

/// Every file, by node.
class AllFiles : public SetOperator {
  public:
    using SetOperator::SetOperator;
    Result<std::uint64_t> estimate(std::uint64_t) override { return source().file_count_estimate(); }
    Status skip_to(NodeId node) override;

  protected:
    Result<std::size_t> do_next(std::span<NodeId> out) override;
    std::string label() const override { return "all files"; }

  private:
    std::unique_ptr<FileCursor> cursor_;
    NodeId from_{};
};

/// The files of one term: streamed, since the index holds them by node.
/// Lifetime: `leaf` must outlive it.
class TermScan : public SetOperator {
  public:
    TermScan(const Context& context, const Leaf& leaf, TermRange range)
        : SetOperator(context), leaf_(leaf), range_(std::move(range)) {}
    Result<std::uint64_t> estimate(std::uint64_t count_max) override {
        return source().count(range_, count_max);
    }
    Status skip_to(NodeId node) override;
    bool seekable() const override { return true; }

  protected:
    Result<std::size_t> do_next(std::span<NodeId> out) override;
    std::string label() const override { return "term " + leaf_.label; }

  private:
    Status open();

    const Leaf& leaf_;
    const TermRange range_;
    std::unique_ptr<PostingCursor> cursor_;
};

/// Rows that are collected as a whole before the first is given, because they do not come by node.
class CollectedSet : public SetOperator {
  public:
    using SetOperator::SetOperator;
    Status skip_to(NodeId node) override;

  protected:
    Result<std::size_t> do_next(std::span<NodeId> out) override;
    virtual Status collect(NodeSet& into) = 0;

  private:
    NodeSet set_;
    bool collected_ = false;
    std::uint64_t from_ = 0;
};

/// Where the index has the terms of `leaf`. The whole of a field is where its primary terms are: no value is without one.
/// Requires an indexed field.
std::vector<TermRange> ranges_of(const Leaf& leaf);

/// The files that have any term in some ranges.
/// Lifetime: `leaf` must outlive it.
class RangeScan : public CollectedSet {
  public:
    RangeScan(const Context& context, const Leaf& leaf, std::vector<TermRange> ranges)
        : CollectedSet(context), leaf_(leaf), ranges_(std::move(ranges)) {}
    Result<std::uint64_t> estimate(std::uint64_t count_max) override;

  protected:
    Status collect(NodeSet& into) override;
    std::string label() const override;

  private:
    const Leaf& leaf_;
    const std::vector<TermRange> ranges_;
};

}  // namespace asterope::query

#pragma once

#include <iterator>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "client/failure.h"
#include "engine/core/volume.h"
#include "query/builder.h"

namespace asterope {

/// A query that has not run yet, over one volume. Every refinement returns the refined query, so that they chain.
template <class Derived>
class Refinable {
  public:
    Derived order_by(std::string_view field, query::SortDirection direction = query::ascending) && {
        if (query_) query_->order.push_back({std::string(field), direction == query::descending});
        return derived();
    }
    Derived take(std::uint64_t rows) && {
        if (query_) query_->limit = rows;
        return derived();
    }
    Derived skip(std::uint64_t rows) && {
        if (query_) query_->offset = rows;
        return derived();
    }
    /// A request to stop makes the results end with Errc::interrupted.
    Derived stop_with(std::stop_token stop) && {
        options_.stop = std::move(stop);
        return derived();
    }

  protected:
    Refinable(std::shared_ptr<Volume> volume, Result<query::Query> query, bool with_documents)
        : volume_(std::move(volume)), query_(std::move(query)) {
        options_.with_documents = with_documents;
    }

    std::shared_ptr<Volume> volume_;
    Result<query::Query> query_;  ///< or why the text is none
    QueryOptions options_;

  private:
    Derived derived() { return std::move(static_cast<Derived&>(*this)); }
};

/// Walks results once, for a range-based for.
template <class Source>
class ResultIterator {
  public:
    using value_type = typename Source::value_type;
    using difference_type = std::ptrdiff_t;

    explicit ResultIterator(Source& source) : source_(&source) { ++*this; }
    const value_type& operator*() const { return *current_; }
    const value_type* operator->() const { return &*current_; }
    /// Throws Failure.
    ResultIterator& operator++() {
        auto next = source_->next();
        if (!next) throw Failure(std::move(next.error()));
        current_ = std::move(*next);
        return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !current_; }

  private:
    Source* source_;
    std::optional<value_type> current_;
};

/// The results of a query, each a Hit with its document: for (const Hit& hit : db.query("Modality = 'CT'")) …
/// The query runs when the first result is asked for, over the state of that moment; its results are read once.
/// Errors:  an expression that does not parse is the first result's error. A loop throws Failure; next(), all() and count() do not.
/// Threads: one at a time.
class Results : public Refinable<Results> {
  public:
    using value_type = Hit;

    Results(std::shared_ptr<Volume> volume, Result<query::Query> query)
        : Refinable(std::move(volume), std::move(query), true) {}

    /// Leaves documents out: faster when only keys are wanted.
    Results keys_only() && {
        options_.with_documents = false;
        return std::move(*this);
    }

    /// The next result; nullopt = end.
    Result<std::optional<Hit>> next();
    Result<std::vector<Hit>> all();
    Result<std::uint64_t> count();
    /// The plan, after running it.
    Result<std::string> explain();

    ResultIterator<Results> begin() { return ResultIterator<Results>(*this); }
    std::default_sentinel_t end() { return {}; }

  private:
    std::unique_ptr<ResultStream> stream_;
    std::vector<Hit> batch_;
    std::size_t used_ = 0;  ///< results of batch_ that were given
    bool ended_ = false;
};

}  // namespace asterope

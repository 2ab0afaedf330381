#pragma once

#include <string>
#include <utility>

#include "client/results.h"
#include "client/struct_map.h"

namespace asterope {

using query::ascending;
using query::descending;
using query::everything;
using query::exists;
using query::field;
using query::missing;

/// The field of a struct's member: field(&Scan::PatientID) == "12345".
template <MappedStruct T, class M>
query::Field field(M T::*member) {
    return query::Field(member_name(member));
}
template <MappedStruct T, class M>
query::Condition exists(M T::*member) {
    return query::exists(member_name(member));
}
template <MappedStruct T, class M>
query::Condition missing(M T::*member) {
    return query::missing(member_name(member));
}

/// A result whose document is a T.
template <class T>
struct TypedHit {
    NodeId node{};
    std::string key;
    T value{};

    const T* operator->() const { return &value; }
    const T& operator*() const { return value; }
};

/// The results of a query as structs: for (const auto& scan : db.query<Scan>(…).order_by(&Scan::StudyDate).take(20)) scan->PatientID …
/// Errors: as Results; invalid for a file whose document does not fit T, after which next() goes on with the following one.
template <MappedStruct T>
class TypedResults : public Refinable<TypedResults<T>> {
  public:
    using value_type = TypedHit<T>;

    TypedResults(std::shared_ptr<Volume> volume, Result<query::Query> query)
        : Refinable<TypedResults<T>>(std::move(volume), std::move(query), true) {}

    using Refinable<TypedResults<T>>::order_by;
    template <class M, class Struct>
    TypedResults order_by(M Struct::*member, query::SortDirection direction = query::ascending) && {
        return std::move(*this).order_by(member_name(static_cast<M T::*>(member)), direction);
    }

    Result<std::optional<TypedHit<T>>> next() {
        auto hit = ASTEROPE_TRY(results().next());
        if (!hit) return std::nullopt;
        auto value = from_document<T>(hit->document.value_or(Document{}));
        if (!value) return fail(value.error().code, hit->key + ": " + value.error().message);
        return std::optional<TypedHit<T>>({hit->node, std::move(hit->key), std::move(*value)});
    }
    Result<std::vector<TypedHit<T>>> all() {
        std::vector<TypedHit<T>> hits;
        while (auto hit = ASTEROPE_TRY(next())) hits.push_back(std::move(*hit));
        return hits;
    }
    Result<std::uint64_t> count() { return results().count(); }

    ResultIterator<TypedResults> begin() { return ResultIterator<TypedResults>(*this); }
    std::default_sentinel_t end() { return {}; }

  private:
    Results& results() {
        if (!results_) {
            results_.emplace(this->volume_, this->query_);
            if (this->options_.stop.stop_possible()) results_.emplace(std::move(*results_).stop_with(this->options_.stop));
        }
        return *results_;
    }
    std::optional<Results> results_;
};

}  // namespace asterope

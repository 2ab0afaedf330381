#include "query/ast.h"

#include <algorithm>
#include <utility>

namespace asterope::query {
namespace {

template <class Joined>
Predicate join(std::vector<Predicate> operands) {
    if (operands.size() == 1) return std::move(operands.front());
    Joined joined;
    joined.operands.reserve(operands.size());
    for (Predicate& operand : operands) {
        if (auto* same = std::get_if<Joined>(&operand.node))
            std::move(same->operands.begin(), same->operands.end(), std::back_inserter(joined.operands));
        else
            joined.operands.push_back(std::move(operand));
    }
    return Predicate{std::move(joined)};
}

}  // namespace

bool Not::operator==(const Not& other) const {
    return *operand == *other.operand;
}
bool And::operator==(const And& other) const {
    return operands == other.operands;
}
bool Or::operator==(const Or& other) const {
    return operands == other.operands;
}

Predicate and_of(std::vector<Predicate> operands) {
    return join<And>(std::move(operands));
}
Predicate or_of(std::vector<Predicate> operands) {
    return join<Or>(std::move(operands));
}
Predicate not_of(Predicate operand) {
    return Predicate{Not{std::make_shared<const Predicate>(std::move(operand))}};
}

Query combine(const Query& outer, const Query& inner) {
    Query both = outer;
    if (inner.predicate && outer.predicate)
        both.predicate = and_of({*outer.predicate, *inner.predicate});
    else if (inner.predicate)
        both.predicate = inner.predicate;
    if (!inner.order.empty()) both.order = inner.order;
    if (inner.limit) both.limit = inner.limit;
    if (inner.offset) both.offset = inner.offset;
    return both;
}

}  // namespace asterope::query

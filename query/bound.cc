#include "query/bound.h"

#include <algorithm>
#include <utility>

#include "engine/core/limits.h"
#include "query/intervals.h"
#include "query/printer.h"

namespace asterope::query {
namespace {

Result<BoundField> bind_field(std::string_view name, IndexSource& source) {
    BoundField out{.name = std::string(name), .built_in = built_in_of(name)};
    if (out.built_in) {
        out.declared = declared_type(*out.built_in);
    } else if (const auto info = ASTEROPE_TRY(source.field(name))) {
        out.id = info->id;
        out.declared = info->declared;
        out.primary_classes = info->primary_classes;
    }
    return out;
}

class Binder {
  public:
    Binder(IndexSource& source, Timestamp now) : source_(source), now_(now) {}

    Result<Bound> bind(const Predicate& predicate) {
        if (++depth_ > limits::kNesting) return fail(Errc::limit, "query: nested too deep");
        auto bound = std::visit([this](const auto& node) { return bind_node(node); }, predicate.node);
        --depth_;
        return bound;
    }

  private:
    Result<Bound> bind_node(const Comparison& c) {
        BoundField field = ASTEROPE_TRY(this->field(c.field));
        Intervals intervals = intervals_of(c.op, c.value, field.declared, now_);
        if (c.op != CompareOp::ne) return leaf(std::move(field), std::move(intervals), c);
        return but_not(std::move(field), std::move(intervals), Comparison{c.field, CompareOp::eq, c.value});
    }
    Result<Bound> bind_node(const Membership& m) {
        BoundField field = ASTEROPE_TRY(this->field(m.field));
        terms_ += m.values.size();
        Intervals intervals = intervals_of(m.values, field.declared, now_);
        if (!m.negated) return leaf(std::move(field), std::move(intervals), m);
        return but_not(std::move(field), std::move(intervals), Membership{m.field, m.values, false});
    }
    Result<Bound> bind_node(const Between& b) {
        BoundField field = ASTEROPE_TRY(this->field(b.field));
        Intervals intervals = intervals_between(b.low, b.high, field.declared, now_);
        return leaf(std::move(field), std::move(intervals), b);
    }
    Result<Bound> bind_node(const TextMatch& t) {
        BoundField field = ASTEROPE_TRY(this->field(t.field));
        BoundField same = field;
        Bound test = text_leaf(std::move(field), TextMatch{t.field, t.op, t.pattern, false});
        if (!t.negated) return test;
        return present_but_not(std::move(same), std::move(test));
    }
    Result<Bound> bind_node(const Presence& p) {
        Bound exists = whole(ASTEROPE_TRY(field(p.field)));
        return p.present ? std::move(exists) : negation(std::move(exists));
    }
    Result<Bound> bind_node(const Truth& t) {
        Bound bound = leaf(ASTEROPE_TRY(field(t.field)), intervals_of_truth(), t);
        std::get<Leaf>(bound.node).primary_only = true;
        return bound;
    }
    Result<Bound> bind_node(const Not& n) { return negation(ASTEROPE_TRY(bind(*n.operand))); }
    Result<Bound> bind_node(const And& a) {
        BoundAnd out;
        for (const Predicate& operand : a.operands) append(out.operands, ASTEROPE_TRY(bind(operand)));
        return Bound{std::move(out)};
    }
    Result<Bound> bind_node(const Or& o) {
        BoundOr out;
        for (const Predicate& operand : o.operands) out.operands.push_back(ASTEROPE_TRY(bind(operand)));
        return Bound{std::move(out)};
    }

    Result<BoundField> field(std::string_view name) {
        if (++terms_ > limits::kExpressionTerms) return fail(Errc::limit, "query: too many comparisons");
        return bind_field(name, source_);
    }

    template <class Node>
    static Bound leaf(BoundField field, Intervals intervals, const Node& spelled) {
        return Bound{Leaf{.field = std::move(field),
                          .intervals = std::move(intervals),
                          .label = to_string(Predicate{spelled})}};
    }
    static Bound whole(BoundField field) {
        const Presence spelled{field.name, true};
        return leaf(std::move(field), {TermInterval{}}, spelled);
    }
    static Bound text_leaf(BoundField field, const TextMatch& t) {
        const std::size_t wild = t.pattern.find_first_of("*?");
        const std::string_view fixed = std::string_view(t.pattern).substr(0, wild);
        if (t.op == TextOp::starts_with) return leaf(std::move(field), {text_prefix(t.pattern)}, t);
        if (t.op != TextOp::like) return tested(leaf(std::move(field), {whole_class(TypeClass::text)}, t), t);
        if (wild == std::string::npos) return leaf(std::move(field), {only(encode_text(t.pattern))}, t);
        Bound bound = leaf(std::move(field), {text_prefix(fixed)}, t);
        const bool prefix_only = t.pattern[wild] == '*' && wild + 1 == t.pattern.size();
        return prefix_only ? std::move(bound) : tested(std::move(bound), t);
    }
    static Bound tested(Bound bound, const TextMatch& t) {
        std::get<Leaf>(bound.node).text = TextTest{t.op, t.pattern};
        return bound;
    }
    static Bound negation(Bound operand) {
        if (auto* inner = std::get_if<BoundNot>(&operand.node)) return std::move(*inner->operand);
        return Bound{BoundNot{std::make_unique<Bound>(std::move(operand))}};
    }
    static Bound present_but_not(BoundField field, Bound what) {
        BoundAnd both;
        both.operands.push_back(whole(std::move(field)));
        both.operands.push_back(negation(std::move(what)));
        return Bound{std::move(both)};
    }
    template <class Node>
    static Bound but_not(BoundField field, Intervals intervals, const Node& spelled) {
        Bound what = leaf(field, std::move(intervals), spelled);
        return present_but_not(std::move(field), std::move(what));
    }
    /// What an And holds joins the And around it.
    static void append(std::vector<Bound>& out, Bound operand) {
        if (auto* inner = std::get_if<BoundAnd>(&operand.node))
            std::move(inner->operands.begin(), inner->operands.end(), std::back_inserter(out));
        else
            out.push_back(std::move(operand));
    }

    IndexSource& source_;
    const Timestamp now_;
    std::size_t depth_ = 0;
    std::size_t terms_ = 0;
};

std::string join_labels(const std::vector<Bound>& operands, std::string_view word) {
    std::string out;
    for (const Bound& operand : operands) {
        const bool in_parentheses =
            !std::holds_alternative<Leaf>(operand.node) && !std::holds_alternative<BoundNot>(operand.node);
        out.append(out.empty() ? "" : word)
            .append(in_parentheses ? "(" + label_of(operand) + ")" : label_of(operand));
    }
    return out;
}

}  // namespace

bool Leaf::holds(const std::vector<Term>& terms) const {
    return std::any_of(terms.begin(), terms.end(), [this](const Term& term) {
        if (primary_only && !term.primary) return false;
        const auto next =
            std::upper_bound(intervals.begin(), intervals.end(), term.bytes,
                             [](const std::string& bytes, const TermInterval& i) { return bytes < i.begin; });
        if (next == intervals.begin() || !std::prev(next)->contains(term.bytes)) return false;
        return !text || text->passes(decode_text(term.bytes));
    });
}

Result<Bound> bind(const Predicate& predicate, IndexSource& source, Timestamp now) {
    return Binder(source, now).bind(predicate);
}

Result<std::vector<BoundOrder>> bind(const std::vector<OrderKey>& order, IndexSource& source) {
    if (order.size() > limits::kExpressionTerms) return fail(Errc::limit, "query: too many sort keys");
    std::vector<BoundOrder> out;
    for (const OrderKey& key : order)
        out.push_back({ASTEROPE_TRY(bind_field(key.field, source)), key.descending});
    return out;
}

std::string label_of(const Bound& predicate) {
    return std::visit(Overload{[](const Leaf& leaf) { return leaf.label; },
                               [](const BoundNot& n) {
                                   const bool leaf = std::holds_alternative<Leaf>(n.operand->node);
                                   return leaf ? "not " + label_of(*n.operand)
                                               : "not (" + label_of(*n.operand) + ")";
                               },
                               [](const BoundAnd& a) { return join_labels(a.operands, " and "); },
                               [](const BoundOr& o) { return join_labels(o.operands, " or "); }},
                      predicate.node);
}

}  // namespace asterope::query

#include "query/intervals.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "query/literal.h"

namespace asterope::query {
namespace {

bool is_nan(const Value& number) {
    const double* d = number.get_if<double>();
    return d != nullptr && std::isnan(*d);
}

/// Sorted, without empty ones, overlapping ones joined.
Intervals normal(Intervals in) {
    std::erase_if(in, [](const TermInterval& i) { return !i.end.empty() && i.end <= i.begin; });
    std::sort(in.begin(), in.end(),
              [](const TermInterval& a, const TermInterval& b) { return a.begin < b.begin; });
    Intervals out;
    for (TermInterval& next : in) {
        if (out.empty() || (!out.back().end.empty() && out.back().end <= next.begin))
            out.push_back(std::move(next));
        else if (!out.back().end.empty() && (next.end.empty() || next.end > out.back().end))
            out.back().end = std::move(next.end);
    }
    return out;
}

/// Drops what a field of that type cannot have, so that plans do not look for it.
void drop_impossible(Intervals& in, FieldType declared) {
    if (declared == FieldType::undeclared) return;
    std::erase_if(in, [&](const TermInterval& i) {
        switch (class_of(i.begin)) {
            case TypeClass::boolean:
                return declared != FieldType::boolean;
            case TypeClass::number:
                return declared != FieldType::number;
            case TypeClass::timestamp:
                return declared != FieldType::date;
            default:
                return false;
        }
    });
}

bool any_contains(const Intervals& in, std::string_view term) {
    return std::any_of(in.begin(), in.end(), [&](const TermInterval& i) { return i.contains(term); });
}

void append_equal(Intervals& out, const Literal& literal, FieldType declared, Timestamp now) {
    const LiteralReadings readings = readings_of(literal, declared, now);
    Intervals own;
    if (readings.number && !is_nan(*readings.number)) own.push_back(only(encode_number(*readings.number)));
    if (readings.time)
        own.push_back({encode_timestamp(readings.time->begin), encode_timestamp(readings.time->end)});
    if (readings.boolean) own.push_back(only(encode_boolean(*readings.boolean)));
    if (readings.null) own.push_back(only(encode_null()));
    drop_impossible(own, declared);
    // A value spelled so may have a term in `own` already, as every such value has it: one interval less to
    // look in.
    const std::vector<Term> spelled = terms_of(Value(literal.text), declared);
    const bool covered = std::any_of(spelled.begin(), spelled.end(),
                                     [&](const Term& t) { return any_contains(own, t.bytes); });
    if (!covered) own.push_back(only(encode_text(literal.text)));
    std::move(own.begin(), own.end(), std::back_inserter(out));
}

/// The part of the class's terms `all` that compares so with the values [first, last).
TermInterval ordered(CompareOp op, const TermInterval& all, std::string first, std::string last) {
    switch (op) {
        case CompareOp::lt:
            return {all.begin, std::move(first)};
        case CompareOp::le:
            return {all.begin, std::move(last)};
        case CompareOp::gt:
            return {std::move(last), all.end};
        default:
            return {std::move(first), all.end};
    }
}

}  // namespace

Intervals intervals_of(CompareOp op, const Literal& literal, FieldType declared, Timestamp now) {
    if (op == CompareOp::eq || op == CompareOp::ne) return intervals_of({literal}, declared, now);
    const LiteralReadings readings = readings_of(literal, declared, now);
    Intervals out;
    if (readings.number && !is_nan(*readings.number)) {
        const std::string term = encode_number(*readings.number);
        out.push_back(ordered(op, whole_numbers(), term, after(term)));
    }
    if (readings.time)
        out.push_back(ordered(op, whole_class(TypeClass::timestamp), encode_timestamp(readings.time->begin),
                              encode_timestamp(readings.time->end)));
    if (!readings.ordered()) {
        const std::string term = encode_text(literal.text);
        out.push_back(ordered(op, whole_class(TypeClass::text), term, after(term)));
    }
    drop_impossible(out, declared);
    return normal(std::move(out));
}

Intervals intervals_of(const std::vector<Literal>& any_of, FieldType declared, Timestamp now) {
    Intervals out;
    for (const Literal& literal : any_of) append_equal(out, literal, declared, now);
    return normal(std::move(out));
}

Intervals intervals_between(const Literal& low, const Literal& high, FieldType declared, Timestamp now) {
    const LiteralReadings from = readings_of(low, declared, now), to = readings_of(high, declared, now);
    const bool numbers = from.number && to.number, times = from.time && to.time;
    Intervals out;
    if (numbers && !is_nan(*from.number) && !is_nan(*to.number))
        out.push_back({encode_number(*from.number), after(encode_number(*to.number))});
    if (times) out.push_back({encode_timestamp(from.time->begin), encode_timestamp(to.time->end)});
    if (!numbers && !times) out.push_back({encode_text(low.text), after(encode_text(high.text))});
    drop_impossible(out, declared);
    return normal(std::move(out));
}

Intervals intervals_of_truth() {
    Intervals out;
    std::string begin = encode_boolean(true);
    for (const std::string& falsy : {encode_number(Value(0)), encode_text(""), encode_text("0"),
                                     encode_text("false"), encode_binary("")}) {
        out.push_back({std::move(begin), falsy});
        begin = after(falsy);
    }
    out.push_back({std::move(begin), ""});
    return normal(std::move(out));
}

}  // namespace asterope::query

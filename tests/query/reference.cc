#include "tests/query/reference.h"

#include <algorithm>
#include <cmath>
#include <variant>

namespace asterope::query::testing {
namespace {

using Number = long double;  // holds every int64_t, uint64_t and double exactly
static_assert(std::numeric_limits<Number>::digits >= 64);

struct Nothing {
    bool operator==(const Nothing&) const = default;
};
/// One reading of a scalar; the alternatives are in the order in which types sort.
using Reading = std::variant<Nothing, bool, Number, Timestamp, std::string, Binary>;

std::optional<Number> number_of(const Value& v) {
    if (const auto* i = v.get_if<std::int64_t>()) return static_cast<Number>(*i);
    if (const auto* u = v.get_if<std::uint64_t>()) return static_cast<Number>(*u);
    if (const auto* d = v.get_if<double>()) return static_cast<Number>(*d);
    return std::nullopt;
}

std::optional<Number> json_number(const std::string& text) {
    const auto value = parse_json_number(text);
    return value ? number_of(*value) : std::nullopt;
}

/// The readings of one scalar, the primary one first.
std::vector<Reading> readings(const Value& v, FieldType declared) {
    if (v.is_null()) return {Nothing{}};
    if (const auto* b = v.get_if<Binary>()) return {*b};
    const bool any = declared == FieldType::undeclared;
    if (const auto* b = v.get_if<bool>(); b != nullptr && (any || declared == FieldType::boolean))
        return {*b};
    if (const auto* t = v.get_if<Timestamp>(); t != nullptr && (any || declared == FieldType::date))
        return {*t};
    if (number_of(v) && (any || declared == FieldType::number)) return {*number_of(v)};
    const std::string text = to_xattr_bytes(v);
    std::vector<Reading> out;
    if (declared == FieldType::boolean) {
        if (text == "true" || text == "false") out.push_back(text == "true");
    } else if (declared == FieldType::number) {
        if (json_number(text)) out.push_back(*json_number(text));
    } else if (declared == FieldType::date) {
        if (parse_timestamp(text))
            out.push_back(*parse_timestamp(text));
        else if (parse_compact_date(text))
            out.push_back(parse_compact_date(text)->begin);
    } else if (any) {
        if (json_number(text))
            out.push_back(*json_number(text));
        else if (parse_timestamp(text))
            out.push_back(*parse_timestamp(text));
    }
    if (v.get_if<std::string>() != nullptr || out.empty()) out.push_back(text);
    return out;
}

using Element = std::vector<Reading>;
void collect(std::vector<Element>& out, const Value& v, FieldType declared) {
    if (const auto* array = v.get_if<Array>()) {
        for (const Value& element : *array) collect(out, element, declared);
    } else {
        out.push_back(readings(v, declared));
    }
}

Value octal(std::uint32_t mode) {
    char text[16];
    std::snprintf(text, sizeof text, "%o", mode);
    char padded[16];
    std::snprintf(padded, sizeof padded, "%04o", mode);
    return Value(Array{Value(std::atoi(text)), Value(padded)});
}

/// The elements of a field: none when the file does not have it.
std::vector<Element> elements(const std::string& field, const File& file,
                              const std::map<std::string, FieldType>& declared) {
    const std::size_t slash = file.key.rfind('/');
    const bool top = slash == std::string::npos;
    std::optional<Value> value;
    FieldType type = FieldType::text;
    if (field == "sys.key")
        value = file.key;
    else if (field == "sys.name")
        value = top ? file.key : file.key.substr(slash + 1);
    else if (field == "sys.dir")
        value = top ? "" : file.key.substr(0, slash);
    else if (field == "sys.type")
        value = file.attr.type == NodeType::symlink ? "symlink" : "file";
    else if (field == "sys.checksum")
        value = file.checksum ? std::optional<Value>(*file.checksum) : std::nullopt;
    else {
        type = FieldType::undeclared;
        if (field == "sys.size")
            value = file.attr.size;
        else if (field == "sys.mtime")
            value = file.attr.mtime;
        else if (field == "sys.ctime")
            value = file.attr.ctime;
        else if (field == "sys.btime")
            value = file.attr.btime;
        else if (field == "sys.mode")
            value = octal(file.attr.mode);
        else if (field == "sys.uid")
            value = file.attr.uid;
        else if (field == "sys.gid")
            value = file.attr.gid;
        else if (field == "sys.version")
            value = file.attr.version;
        else {
            if (const Value* v = file.document.find(field)) value = *v;
            if (const auto found = declared.find(field); found != declared.end()) type = found->second;
        }
    }
    std::vector<Element> out;
    if (value) collect(out, *value, type);
    return out;
}

struct LiteralMeaning {
    std::string text;
    std::optional<Number> number;
    std::optional<TimeInterval> time;
    std::optional<bool> boolean;
    bool null = false;
    bool ordered() const { return number || time; }
};

std::optional<Number> literal_number(std::string text) {
    if (text == "inf") return HUGE_VALL;
    if (text == "-inf") return -HUGE_VALL;
    if (text == "nan") return std::nanl("");
    if (const auto n = json_number(text)) return n;
    static const std::map<std::string, double> kFactors{
        {"K", 1e3},     {"M", 1e6},        {"G", 1e9},           {"T", 1e12},
        {"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 1099511627776.0}};
    for (const auto& [suffix, factor] : kFactors)
        if (text.size() > suffix.size() && text.ends_with(suffix))
            if (const auto n = json_number(text.substr(0, text.size() - suffix.size()))) return *n * factor;
    return std::nullopt;
}

std::optional<TimeInterval> relative(const std::string& text, Timestamp now) {
    const bool today = text.starts_with("today");
    if (!today && !text.starts_with("now")) return std::nullopt;
    const std::string rest = text.substr(today ? 5 : 3);
    Timestamp at = today ? start_of_day(now) : now;
    bool whole_day = today;
    if (!rest.empty()) {
        char sign = 0;
        long long count = 0;
        char unit[8] = {};
        if (std::sscanf(rest.c_str(), "%c%lld%7s", &sign, &count, unit) != 3) return std::nullopt;
        static const std::map<std::string, TimeUnit> kUnits{
            {"s", TimeUnit::second}, {"m", TimeUnit::minute}, {"h", TimeUnit::hour}, {"d", TimeUnit::day},
            {"w", TimeUnit::week},   {"mo", TimeUnit::month}, {"y", TimeUnit::year}};
        const auto found = kUnits.find(unit);
        if (found == kUnits.end() || (sign != '+' && sign != '-')) return std::nullopt;
        at = add(at, found->second, sign == '-' ? -count : count);
        whole_day = today && (found->second >= TimeUnit::day || count == 0);
    }
    if (whole_day) return TimeInterval{at, {at.seconds + 86400, at.nanoseconds}};
    return TimeInterval{at, at.nanoseconds == 999999999 ? Timestamp{at.seconds + 1, 0}
                                                        : Timestamp{at.seconds, at.nanoseconds + 1}};
}

LiteralMeaning meaning(const Literal& literal, FieldType declared, Timestamp now) {
    LiteralMeaning out{literal.text, {}, {}, {}};
    if (literal.text_only) return out;
    out.number = literal_number(literal.text);
    out.time = relative(literal.text, now);
    if (!out.time) out.time = parse_time_interval(literal.text);
    if (!out.time && declared == FieldType::date) out.time = parse_compact_date(literal.text);
    if (literal.text == "true") out.boolean = true;
    if (literal.text == "false") out.boolean = false;
    out.null = literal.text == "null";
    return out;
}

bool equal(const Reading& r, const LiteralMeaning& l) {
    if (std::holds_alternative<Nothing>(r)) return l.null;
    if (const auto* b = std::get_if<bool>(&r)) return l.boolean && *l.boolean == *b;
    if (const auto* n = std::get_if<Number>(&r)) return l.number && *l.number == *n;
    if (const auto* t = std::get_if<Timestamp>(&r)) return l.time && *t >= l.time->begin && *t < l.time->end;
    if (const auto* s = std::get_if<std::string>(&r)) return *s == l.text;
    return false;
}

template <class T>
bool compare(CompareOp op, const T& a, const T& b) {
    switch (op) {
        case CompareOp::lt:
            return a < b;
        case CompareOp::le:
            return a <= b;
        case CompareOp::gt:
            return a > b;
        default:
            return a >= b;
    }
}

bool ordered(CompareOp op, const Reading& r, const LiteralMeaning& l) {
    if (const auto* n = std::get_if<Number>(&r)) return l.number && compare(op, *n, *l.number);
    if (const auto* t = std::get_if<Timestamp>(&r)) {
        if (!l.time) return false;
        switch (op) {
            case CompareOp::lt:
                return *t < l.time->begin;
            case CompareOp::le:
                return *t < l.time->end;
            case CompareOp::gt:
                return *t >= l.time->end;
            default:
                return *t >= l.time->begin;
        }
    }
    if (const auto* s = std::get_if<std::string>(&r)) return !l.ordered() && compare(op, *s, l.text);
    return false;
}

bool between(const Reading& r, const LiteralMeaning& low, const LiteralMeaning& high) {
    const bool numbers = low.number && high.number, times = low.time && high.time;
    if (const auto* n = std::get_if<Number>(&r)) return numbers && *n >= *low.number && *n <= *high.number;
    if (const auto* t = std::get_if<Timestamp>(&r))
        return times && *t >= low.time->begin && *t < high.time->end;
    if (const auto* s = std::get_if<std::string>(&r))
        return !numbers && !times && *s >= low.text && *s <= high.text;
    return false;
}

bool is_tail(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Well-formed UTF-8 only.
bool like(const std::string& text, std::size_t t, const std::string& pattern, std::size_t p) {
    if (p == pattern.size()) return t == text.size();
    if (pattern[p] == '*') {
        for (std::size_t i = t; i <= text.size(); ++i)
            if ((i == text.size() || !is_tail(text[i])) && like(text, i, pattern, p + 1)) return true;
        return false;
    }
    if (t == text.size()) return false;
    if (pattern[p] != '?') return text[t] == pattern[p] && like(text, t + 1, pattern, p + 1);
    do ++t;
    while (t < text.size() && is_tail(text[t]));
    return like(text, t, pattern, p + 1);
}

bool text_matches(const Reading& r, TextOp op, const std::string& pattern) {
    const auto* s = std::get_if<std::string>(&r);
    if (s == nullptr) return false;
    switch (op) {
        case TextOp::like:
            return like(*s, 0, pattern, 0);
        case TextOp::starts_with:
            return s->rfind(pattern, 0) == 0;
        case TextOp::ends_with:
            return s->size() >= pattern.size() &&
                   s->compare(s->size() - pattern.size(), pattern.size(), pattern) == 0;
        case TextOp::contains:
            return s->find(pattern) != std::string::npos;
    }
    return false;
}

bool truthy(const Element& e) {
    const Reading& r = e.front();
    if (std::holds_alternative<Nothing>(r)) return false;
    if (const auto* b = std::get_if<bool>(&r)) return *b;
    if (const auto* n = std::get_if<Number>(&r)) return !(*n == 0);
    if (const auto* s = std::get_if<std::string>(&r)) return !s->empty() && *s != "0" && *s != "false";
    if (const auto* b = std::get_if<Binary>(&r)) return !b->bytes.empty();
    return true;
}

template <class Test>
bool any_reading(const std::vector<Element>& all, Test test) {
    for (const Element& e : all)
        for (const Reading& r : e)
            if (test(r)) return true;
    return false;
}

struct Evaluation {
    const File& file;
    const std::map<std::string, FieldType>& declared;
    Timestamp now;

    std::vector<Element> get(const std::string& field) const { return elements(field, file, declared); }
    LiteralMeaning mean(const std::string& field, const Literal& literal) const {
        const auto found = declared.find(field);
        return meaning(literal, found == declared.end() ? FieldType::undeclared : found->second, now);
    }

    bool operator()(const Comparison& c) const {
        const auto l = mean(c.field, c.value);
        const auto all = get(c.field);
        if (c.op == CompareOp::eq) return any_reading(all, [&](const Reading& r) { return equal(r, l); });
        if (c.op == CompareOp::ne)
            return !all.empty() && !any_reading(all, [&](const Reading& r) { return equal(r, l); });
        return any_reading(all, [&](const Reading& r) { return ordered(c.op, r, l); });
    }
    bool operator()(const Membership& m) const {
        const auto all = get(m.field);
        const bool in = any_reading(all, [&](const Reading& r) {
            return std::any_of(m.values.begin(), m.values.end(),
                               [&](const Literal& v) { return equal(r, mean(m.field, v)); });
        });
        return m.negated ? !all.empty() && !in : in;
    }
    bool operator()(const Between& b) const {
        const auto low = mean(b.field, b.low), high = mean(b.field, b.high);
        return any_reading(get(b.field), [&](const Reading& r) { return between(r, low, high); });
    }
    bool operator()(const TextMatch& t) const {
        const auto all = get(t.field);
        const bool match =
            any_reading(all, [&](const Reading& r) { return text_matches(r, t.op, t.pattern); });
        return t.negated ? !all.empty() && !match : match;
    }
    bool operator()(const Presence& p) const { return get(p.field).empty() != p.present; }
    bool operator()(const Truth& t) const {
        const auto all = get(t.field);
        return std::any_of(all.begin(), all.end(), truthy);
    }
    bool operator()(const Not& n) const { return !std::visit(*this, n.operand->node); }
    bool operator()(const And& a) const {
        return std::all_of(a.operands.begin(), a.operands.end(),
                           [&](const Predicate& p) { return std::visit(*this, p.node); });
    }
    bool operator()(const Or& o) const {
        return std::any_of(o.operands.begin(), o.operands.end(),
                           [&](const Predicate& p) { return std::visit(*this, p.node); });
    }
};

/// Negative, 0, positive as a sorts before, with or after b.
int order(const Reading& a, const Reading& b) {
    if (a.index() != b.index()) return a.index() < b.index() ? -1 : 1;
    const auto three = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
    if (const auto* n = std::get_if<Number>(&a)) {
        const Number m = std::get<Number>(b);
        if (std::isnan(*n) || std::isnan(m)) return three(std::isnan(*n), std::isnan(m));
        return three(*n, m);
    }
    if (const auto* x = std::get_if<bool>(&a)) return three(*x, std::get<bool>(b));
    if (const auto* t = std::get_if<Timestamp>(&a)) return three(*t, std::get<Timestamp>(b));
    if (const auto* s = std::get_if<std::string>(&a)) return three(*s, std::get<std::string>(b));
    if (const auto* y = std::get_if<Binary>(&a)) return three(y->bytes, std::get<Binary>(b).bytes);
    return 0;
}

std::optional<Reading> sorting_value(const std::vector<Element>& all, bool descending) {
    std::optional<Reading> out;
    for (const Element& e : all)
        if (!out || (descending ? order(e.front(), *out) > 0 : order(e.front(), *out) < 0)) out = e.front();
    return out;
}

std::vector<std::string> parts(const std::string& key) {
    std::vector<std::string> out;
    std::size_t begin = 0;
    for (std::size_t slash = key.find('/'); slash != std::string::npos; slash = key.find('/', begin)) {
        out.push_back(key.substr(begin, slash - begin));
        begin = slash + 1;
    }
    out.push_back(key.substr(begin));
    return out;
}

}  // namespace

bool reference_holds(const Predicate& predicate, const File& file,
                     const std::map<std::string, FieldType>& declared, Timestamp now) {
    return std::visit(Evaluation{file, declared, now}, predicate.node);
}

std::vector<std::string> reference_run(const Query& query, const MemorySource& source, Timestamp now) {
    struct Row {
        std::vector<std::optional<Reading>> values;
        std::vector<std::string> parts;
        std::string key;
    };
    std::vector<Row> rows;
    for (const auto& [node, file] : source.files()) {
        if (query.predicate && !reference_holds(*query.predicate, file, source.declared(), now)) continue;
        Row row{{}, parts(file.key), file.key};
        for (const OrderKey& by : query.order)
            row.values.push_back(sorting_value(elements(by.field, file, source.declared()), by.descending));
        rows.push_back(std::move(row));
    }
    std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
        for (std::size_t i = 0; i < query.order.size(); ++i) {
            const auto &x = a.values[i], &y = b.values[i];
            int c = x && y ? order(*x, *y) : x ? 1 : y ? -1 : 0;
            if (query.order[i].descending) c = -c;
            if (c != 0) return c < 0;
        }
        return a.parts < b.parts;
    });
    std::vector<std::string> keys;
    for (std::size_t i = query.offset.value_or(0);
         i < rows.size() && keys.size() < query.limit.value_or(UINT64_MAX); ++i)
        keys.push_back(rows[i].key);
    return keys;
}

}  // namespace asterope::query::testing

#include "tests/query/random_query.h"

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>

namespace asterope::query::testing {
namespace {

const char* const kTexts[] = {"5",
                              "05",
                              "-0",
                              "1e2",
                              "100",
                              "2024",
                              "2024-01",
                              "2024-01-15",
                              "2024-01-15T10:00:00Z",
                              "2024-01-15T10:00",
                              "20240115",
                              "20241399",
                              "true",
                              "false",
                              "null",
                              "",
                              "0",
                              "0.0",
                              "CT",
                              "MR",
                              "ct",
                              "abc",
                              "abd",
                              "ab",
                              "a",
                              "O'Brien",
                              "h\xC3\xA9llo",
                              "h\xC3\xA9",
                              "inf",
                              "nan",
                              "now",
                              "2K",
                              "9007199254740993",
                              "18446744073709551615",
                              "a long text that the index cuts 1",
                              "a long text that the index cuts 2",
                              "a long text that the",
                              "a long text that the ind",
                              "x y",
                              "*",
                              "a?c",
                              "2024-02-30"};
const char* const kBare[] = {"5",
                             "-5",
                             "0",
                             "-0",
                             "5.0",
                             "1e2",
                             "100",
                             "2K",
                             "1.5K",
                             "2Ki",
                             "0.5Mi",
                             "1G",
                             "2024",
                             "2023",
                             "2024-01",
                             "2024-01-15",
                             "2024-01-15T10:00",
                             "2024-01-15T10:00:00Z",
                             "2024-01-15T10:00:00.250Z",
                             "2024-01-15T12:00:00+02:00",
                             "20240115",
                             "true",
                             "false",
                             "null",
                             "now",
                             "today",
                             "now-7d",
                             "today-1d",
                             "today+1mo",
                             "now-90m",
                             "today-2h",
                             "now+1y",
                             "now-3w",
                             "now-10s",
                             "inf",
                             "-inf",
                             "nan",
                             "9007199254740992",
                             "9007199254740993",
                             "9223372036854775807",
                             "9223372036854775808",
                             "-9223372036854775808",
                             "18446744073709551615",
                             "18446744073709551616",
                             "1e308",
                             "0.5",
                             "1e400",
                             "0001",
                             "9999"};
const std::int64_t kIntegers[] = {0,
                                  1,
                                  2,
                                  5,
                                  60,
                                  100,
                                  2000,
                                  2024,
                                  -5,
                                  20240115,
                                  9007199254740991,
                                  9007199254740992,
                                  9007199254740993,
                                  INT64_MAX,
                                  INT64_MAX - 1,
                                  INT64_MIN,
                                  INT64_MIN + 1};
const double kDoubles[] = {0.0,
                           -0.0,
                           0.5,
                           5.0,
                           5.5,
                           100.0,
                           9007199254740992.0,
                           9223372036854775808.0,
                           18446744073709551616.0,
                           1e300,
                           -1e300,
                           std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::denorm_min(),
                           20240115.0};
constexpr std::int64_t kMidJanuary2024 = 1705276800;  // 2024-01-15
const Timestamp kTimes[] = {{kMidJanuary2024, 0},
                            {kMidJanuary2024 - 1, 999999999},
                            {kMidJanuary2024 + 86400, 0},
                            {kMidJanuary2024 + 36000, 0},
                            {kMidJanuary2024 + 36000, 250000000},
                            {1704067200, 0},
                            {1704067199, 999999999},
                            {1706745600, 0},
                            {0, 0},
                            {-1, 1},
                            {INT64_MIN, 0},
                            {INT64_MAX, 999999999}};
const char* const kFields[] = {"a",  "b",  "c",  "a",        "b",     "c",   "rare", "tx",
                               "nu", "da", "bo", "odd name", "order", "d.e", "never"};
const char* const kBuiltIns[] = {"sys.key",   "sys.name",     "sys.dir",    "sys.size", "sys.mtime",
                                 "sys.ctime", "sys.btime",    "sys.type",   "sys.mode", "sys.uid",
                                 "sys.gid",   "sys.checksum", "sys.version"};
const char* const kDirs[] = {"", "a/", "a-b/", "a/b/", "B/", "\xC3\xA9/"};
const CompareOp kOps[] = {CompareOp::eq, CompareOp::ne, CompareOp::lt,
                          CompareOp::le, CompareOp::gt, CompareOp::ge};
const TextOp kTextOps[] = {TextOp::like, TextOp::starts_with, TextOp::ends_with, TextOp::contains};
const char* const kPatterns[] = {"*",
                                 "?",
                                 "a*",
                                 "*b*",
                                 "a?c",
                                 "*5",
                                 "2024-*",
                                 "*-*-*",
                                 "h?llo",
                                 "h?",
                                 "??",
                                 "*?",
                                 "*t?x*s ?",
                                 "a long text*",
                                 "a long text that the index cuts ?",
                                 "a long text that the index cuts 2",
                                 "",
                                 "CT",
                                 "*llo",
                                 "?*",
                                 "*e*e*",
                                 "a/*"};
const char* const kBareFields[] = {"a",  "b",  "c",          "rare", "tx",    "nu",
                                   "da", "bo", "odd%20name", "d.e",  "never", "%61"};

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        char code[4];
        std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           c == '-' || c == ':';
        out += plain ? std::string(1, c) : std::string(code);
    }
    return out;
}

}  // namespace

std::uint64_t test_seed() {
    static const std::uint64_t seed = [] {
        const char* given = std::getenv("ASTEROPE_SEED");
        const std::uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 10) : 20240115;
        std::cout << "ASTEROPE_SEED=" << value << std::endl;
        return value;
    }();
    return seed;
}

std::map<std::string, FieldType> RandomQueries::declared() {
    return {{"tx", FieldType::text},
            {"nu", FieldType::number},
            {"da", FieldType::date},
            {"bo", FieldType::boolean}};
}

Value RandomQueries::scalar() {
    switch (below(16)) {
        case 0:
            return Value(Null{});
        case 1:
            return Value(chance(50));
        case 2:
            return Value(std::uint64_t{INT64_MAX} + 1 + below(2) * INT64_MAX);
        case 3:
            return Value(Binary{chance(50) ? std::string("\0\xFF", 2) : std::string()});
        case 4:
            return Value(std::string("a\0b", 3));
        case 5:
        case 6:
            return Value(pick(kIntegers));
        case 7:
        case 8:
            return Value(pick(kDoubles));
        case 9:
        case 10:
            return Value(pick(kTimes));
        default:
            return Value(pick(kTexts));
    }
}

Value RandomQueries::value() {
    if (!chance(20)) return scalar();
    Array array;
    for (std::size_t n = below(5); n > 0; --n) array.push_back(scalar());
    return Value(std::move(array));
}

std::vector<File> RandomQueries::files(std::size_t count) {
    std::vector<File> out;
    for (std::size_t i = 0; i < count; ++i) {
        File file;
        file.key =
            pick(kDirs) + std::string(pick(kTexts)).substr(0, 2) + "-" + std::to_string(i * 7919 % count);
        std::erase(file.key, '*');
        for (const char* name : {"a", "b", "c", "tx", "nu", "da", "bo", "odd name", "order", "d.e"})
            if (chance(65)) file.document.set(name, value());
        if (chance(2)) file.document.set("rare", value());
        file.attr.type = chance(10) ? NodeType::symlink : NodeType::file;
        file.attr.mode = chance(50) ? 0644 : chance(50) ? 04755 : 07;
        file.attr.uid = static_cast<std::uint32_t>(below(3));
        file.attr.gid = UINT32_MAX - static_cast<std::uint32_t>(below(2));
        file.attr.size = chance(50) ? below(10) : below(3'000'000);
        file.attr.mtime = pick(kTimes);
        file.attr.ctime = pick(kTimes);
        file.attr.btime = pick(kTimes);
        file.attr.version = i;
        if (chance(50)) file.checksum = chance(50) ? "12e45678" : "00ff";
        out.push_back(std::move(file));
    }
    return out;
}

std::string RandomQueries::field() {
    return chance(12) ? pick(kBuiltIns) : pick(kFields);
}
Literal RandomQueries::literal() {
    return chance(65) ? Literal::bare(pick(kBare)) : Literal::quoted(pick(kTexts));
}
std::string RandomQueries::pattern() {
    return chance(70) ? pick(kPatterns) : pick(kTexts);
}

Predicate RandomQueries::leaf() {
    switch (below(10)) {
        case 0: {
            Membership m{field(), {}, chance(40)};
            for (std::size_t n = 1 + below(4); n > 0; --n) m.values.push_back(literal());
            return Predicate{std::move(m)};
        }
        case 1:
            return Predicate{Between{field(), literal(), literal()}};
        case 2:
        case 3:
            return Predicate{TextMatch{field(), pick(kTextOps), pattern(), chance(30)}};
        case 4:
            return Predicate{Presence{field(), chance(50)}};
        case 5:
            return Predicate{Truth{field()}};
        default:
            return Predicate{Comparison{field(), pick(kOps), literal()}};
    }
}

Predicate RandomQueries::predicate(int depth) {
    if (depth == 0 || chance(30)) return leaf();
    if (chance(25)) return not_of(predicate(depth - 1));
    std::vector<Predicate> operands;
    for (std::size_t n = 2 + below(3); n > 0; --n) operands.push_back(predicate(depth - 1));
    return chance(50) ? and_of(std::move(operands)) : or_of(std::move(operands));
}

Query RandomQueries::query(int depth) {
    Query out;
    if (!chance(3)) out.predicate = predicate(depth);
    if (chance(40))
        for (std::size_t n = 1 + below(2); n > 0; --n) out.order.push_back({field(), chance(50)});
    if (chance(30)) out.limit = below(40);
    if (chance(20)) out.offset = below(20);
    return out;
}

std::pair<std::string, Predicate> RandomQueries::path_condition() {
    const std::string encoded = pick(kBareFields);
    const std::string name = encoded == "odd%20name" ? "odd name" : encoded == "%61" ? "a" : encoded;
    const auto value = [&] { return chance(70) ? std::string(pick(kBare)) : std::string(pick(kTexts)); };
    switch (below(6)) {
        case 0:
            return {encoded + (chance(50) ? "@has" : "@lacks"), Predicate{}};
        case 1: {
            Membership m{name, {}, false};
            std::string text;
            for (std::size_t n = 1 + below(3); n > 0; --n) {
                const std::string v = value();
                text += (m.values.empty() ? "" : ",") + percent_encode(v);
                m.values.push_back(Literal::bare(v));
            }
            return {encoded + "@in=" + text, Predicate{std::move(m)}};
        }
        case 2: {
            const std::string low = value(), high = value();
            return {encoded + "@in=" + percent_encode(low) + ".." + percent_encode(high),
                    low.empty() && high.empty() ? Predicate{}
                    : high.empty() ? Predicate{Comparison{name, CompareOp::ge, Literal::bare(low)}}
                    : low.empty()  ? Predicate{Comparison{name, CompareOp::le, Literal::bare(high)}}
                                   : Predicate{Between{name, Literal::bare(low), Literal::bare(high)}}};
        }
        case 3: {
            static const char* const kNames[] = {"@like=", "@prefix=", "@suffix=", "@contains="};
            const std::size_t i = below(4);
            const std::string p = pattern();
            static const TextOp kMatching[] = {TextOp::like, TextOp::starts_with, TextOp::ends_with,
                                               TextOp::contains};
            return {encoded + kNames[i] + percent_encode(p),
                    Predicate{TextMatch{name, kMatching[i], p, false}}};
        }
        default: {
            static const char* const kNames[] = {"@eq=", "@ne=", "@lt=", "@le=", "@gt=", "@ge="};
            const std::size_t i = below(6);
            const std::string v = value();
            const bool plain = i == 0 && chance(70);
            return {encoded + (plain ? "=" : kNames[i]) + percent_encode(v),
                    Predicate{Comparison{name, kOps[i], Literal::bare(v)}}};
        }
    }
}

std::pair<std::vector<std::string>, Query> RandomQueries::path() {
    std::vector<std::string> components;
    Query meaning;
    std::vector<Predicate> conditions;
    for (std::size_t n = 1 + below(3); n > 0; --n) {
        auto [text, predicate] = path_condition();
        if (text.ends_with("@has") || text.ends_with("@lacks")) {
            const std::string encoded = text.substr(0, text.find('@'));
            const std::string name = encoded == "odd%20name" ? "odd name" : encoded == "%61" ? "a" : encoded;
            predicate = Predicate{Presence{name, text.ends_with("@has")}};
        }
        if (text.ends_with("@in=..")) continue;
        components.push_back(text);
        conditions.push_back(std::move(predicate));
    }
    if (!conditions.empty()) meaning.predicate = and_of(std::move(conditions));
    if (chance(40)) {
        components.push_back("@sort=-a,tx");
        meaning.order = {{"a", true}, {"tx", false}};
    }
    if (chance(30)) {
        components.push_back("@limit=7");
        meaning.limit = 7;
    }
    if (chance(30)) {
        components.push_back("@offset=3");
        meaning.offset = 3;
    }
    return {components, meaning};
}

}  // namespace asterope::query::testing

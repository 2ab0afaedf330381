#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "query/executor.h"
#include "query/parser.h"
#include "query/path_form.h"
#include "tests/query/memory_source.h"

/// Runs the examples of query/LANGUAGE.md: its fenced blocks named files, query, path and error.
namespace asterope::query::testing {
namespace {

constexpr Timestamp kNow{1718452800, 0};  // 2024-06-15T12:00:00Z, as the document says

struct Example {
    std::string what;      ///< an expression, a path or the text of an error
    std::string expected;  ///< keys of the results
};

struct Examples {
    std::vector<File> files;
    std::vector<Example> queries, paths, errors;
};

std::string trimmed(const std::string& text) {
    const std::size_t begin = text.find_first_not_of(' '), end = text.find_last_not_of(' ');
    return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

/// 'text' | [value,value] | true | false | number
Value read_value(const std::string& text, std::size_t& at) {
    if (text[at] == '\'') {
        std::string out;
        for (++at; text[at] != '\'' || text[at + 1] == '\''; ++at) {
            if (text[at] == '\'') ++at;
            out += text[at];
        }
        ++at;
        return Value(out);
    }
    if (text[at] == '[') {
        Array array;
        while (text[at] != ']') array.push_back(read_value(text, ++at));
        ++at;
        return Value(std::move(array));
    }
    const std::size_t end = std::min(text.find_first_of(" ,]", at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end;
    if (word == "true" || word == "false") return Value(word == "true");
    return parse_json_number(word).value();
}

/// KEY FIELD=VALUE FIELD=VALUE …
File read_file(const std::string& line) {
    std::size_t at = line.find(' ');
    File file{.key = line.substr(0, at), .document = {}, .attr = {}};
    while ((at = line.find_first_not_of(' ', at)) != std::string::npos) {
        const std::size_t equals = line.find('=', at);
        const std::string field = line.substr(at, equals - at);
        at = equals + 1;
        const Value value = read_value(line, at);
        if (field == "sys.size")
            file.attr.size = static_cast<std::uint64_t>(*value.get_if<std::int64_t>());
        else
            file.document.set(field, value);
    }
    return file;
}

Example read_example(const std::string& line) {
    const std::size_t arrow = line.rfind("->");
    EXPECT_NE(arrow, std::string::npos) << line;
    return {trimmed(line.substr(0, arrow)), trimmed(line.substr(arrow + 2))};
}

const Examples& examples() {
    static const Examples all = [] {
        Examples out;
        std::ifstream in(LANGUAGE_MD);
        std::string block;
        for (std::string line; std::getline(in, line);) {
            if (line.starts_with("```")) {
                block = line.substr(3);
                if (block == "error") out.errors.emplace_back();
            } else if (block == "files") {
                out.files.push_back(read_file(line));
            } else if (block == "query" || block == "path") {
                (block == "query" ? out.queries : out.paths).push_back(read_example(line));
            } else if (block == "error") {
                out.errors.back().what += (out.errors.back().what.empty() ? "" : "\n") + line;
            }
        }
        return out;
    }();
    return all;
}

std::string keys_of(const Query& query) {
    MemorySource source(examples().files);
    auto cursor = run(query, source, {}, kNow).value();
    std::string out;
    std::vector<NodeId> nodes(10);
    while (const std::size_t count = cursor->next(nodes).value())
        for (std::size_t i = 0; i < count; ++i)
            out.append(out.empty() ? "" : " ").append(source.files().at(nodes[i]).key);
    return out;
}

Result<Query> parse_path(const std::string& path) {
    Query query;
    auto level = PathLevel::top;
    std::stringstream in(path.substr(1));
    for (std::string component; std::getline(in, component, '/'); level = PathLevel::deeper) {
        const auto one = ASTEROPE_TRY(parse_path_component(component, level));
        if (!one) return fail(Errc::parse, component + " is no condition");
        query = combine(query, *one);
    }
    return query;
}

TEST(LanguageReference, HasExamplesOfEveryKind) {
    EXPECT_EQ(examples().files.size(), 5U);
    EXPECT_GE(examples().queries.size(), 40U);
    EXPECT_GE(examples().paths.size(), 9U);
    EXPECT_GE(examples().errors.size(), 3U);
}

TEST(LanguageReference, ExpressionsGiveTheResultsShown) {
    for (const auto& [expression, expected] : examples().queries) {
        const auto query = parse_expression(expression);
        ASSERT_TRUE(query.has_value()) << query.error().text();
        EXPECT_EQ(keys_of(*query), expected) << expression;
    }
}

TEST(LanguageReference, PathsGiveTheResultsShown) {
    for (const auto& [path, expected] : examples().paths) {
        const auto query = parse_path(path);
        ASSERT_TRUE(query.has_value()) << query.error().text();
        EXPECT_EQ(keys_of(*query), expected) << path;
    }
}

TEST(LanguageReference, ErrorsReadAsShown) {
    for (const auto& [message, unused] : examples().errors) {
        const std::size_t line = message.find('\n') + 3;
        const auto query = parse_expression(message.substr(line, message.find('\n', line) - line));
        ASSERT_FALSE(query.has_value()) << message;
        EXPECT_EQ(query.error().message, message);
    }
}

}  // namespace
}  // namespace asterope::query::testing

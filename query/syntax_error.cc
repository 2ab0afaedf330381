#include "query/syntax_error.h"

#include <algorithm>

namespace asterope::query {
namespace {

constexpr std::size_t kColumnsBefore = 60;
constexpr std::size_t kColumnsAfter = 40;

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// One printed character for each character of the text, so that the caret stands below its place.
std::string printable(std::string_view text) {
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
        ' ');
    return out;
}

std::size_t columns(std::string_view text) {
    return text.size() -
           static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

}  // namespace

Unexpected syntax_error(std::string_view text, std::size_t offset, std::string_view what) {
    if (offset >= text.size()) {  // the end: below the last character that can be seen
        const std::size_t last = text.find_last_not_of(" \t\r\n");
        offset = last == std::string_view::npos ? 0 : last;
    }
    while (offset > 0 && continues_character(text[offset])) --offset;
    const std::size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
    const std::size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
    const std::size_t line_end = std::min(text.find('\n', offset), text.size());

    std::size_t from = offset - line_begin > kColumnsBefore ? offset - kColumnsBefore : line_begin;
    std::size_t to = line_end - offset > kColumnsAfter ? offset + kColumnsAfter : line_end;
    while (from > line_begin && continues_character(text[from])) --from;
    while (to < line_end && continues_character(text[to])) ++to;

    std::string message = "query: ";
    const auto line_number =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(line_begin), '\n') + 1;
    if (line_number > 1) message += "line " + std::to_string(line_number) + ": ";
    message.append(what).append("\n  ");
    const std::string_view before = from > line_begin ? "..." : "";
    message.append(before)
        .append(printable(text.substr(from, to - from)))
        .append(to < line_end ? "...\n  " : "\n  ");
    message.append(before.size() + columns(text.substr(from, offset - from)), ' ').append("^");
    return fail(Errc::parse, std::move(message));
}

}  // namespace asterope::query

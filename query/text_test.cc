#include "query/text_test.h"

#include <cstring>

namespace asterope::query {
namespace {

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// The length of the character at the front of `text`, which is not empty.
std::size_t character_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t announced = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (announced > text.size()) return 1;
    for (std::size_t i = 1; i < announced; ++i)
        if (!is_continuation(text[i])) return 1;
    return announced;
}

std::size_t find(std::string_view text, std::string_view part) {
    const void* const at =
        part.empty() ? text.data() : memmem(text.data(), text.size(), part.data(), part.size());
    return at == nullptr ? std::string_view::npos
                         : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

/// The length of the front of `text` that matches `part` (without *), npos if none does.
std::size_t match_front(std::string_view text, std::string_view part) {
    std::size_t at = 0;
    for (const char c : part) {
        if (at == text.size() || (c != '?' && text[at] != c)) return std::string_view::npos;
        at += c == '?' ? character_length(text.substr(at)) : 1;
    }
    return at;
}

/// Where `part` (without *) ends at its first place in `text`, npos if it has none.
std::size_t match_first(std::string_view text, std::string_view part) {
    if (part.find('?') == std::string_view::npos) {
        const std::size_t at = find(text, part);
        return at == std::string_view::npos ? at : at + part.size();
    }
    for (std::size_t from = 0; from <= text.size();
         from += from < text.size() ? character_length(text.substr(from)) : 1) {
        const std::size_t length = match_front(text.substr(from), part);
        if (length != std::string_view::npos) return from + length;
    }
    return std::string_view::npos;
}

/// Whether `text` ends with a match of `part`, which begins at the start of a character.
bool match_back(std::string_view text, std::string_view part) {
    if (part.find('?') == std::string_view::npos) return text.ends_with(part);
    for (std::size_t from = 0; from <= text.size();
         from += from < text.size() ? character_length(text.substr(from)) : 1)
        if (match_front(text.substr(from), part) == text.size() - from) return true;
    return false;
}

}  // namespace

bool like(std::string_view text, std::string_view pattern) {
    const std::size_t first = pattern.find('*');
    if (first == std::string_view::npos) return match_front(text, pattern) == text.size();
    const std::size_t last = pattern.rfind('*');
    std::size_t at = match_front(text, pattern.substr(0, first));
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at);
    for (std::size_t begin = first + 1; begin <= last;) {
        const std::size_t end = pattern.find('*', begin);
        at = match_first(text, pattern.substr(begin, end - begin));
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at);
        begin = end + 1;
    }
    return match_back(text, pattern.substr(last + 1));
}

bool TextTest::passes(std::string_view text) const {
    switch (op) {
        case TextOp::like:
            return like(text, pattern);
        case TextOp::starts_with:
            return text.starts_with(pattern);
        case TextOp::ends_with:
            return text.ends_with(pattern);
        case TextOp::contains:
            return find(text, pattern) != std::string_view::npos;
    }
    return false;
}

}  // namespace asterope::query

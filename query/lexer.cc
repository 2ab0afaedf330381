#include "query/lexer.h"

#include <algorithm>
#include <array>

#include "engine/core/limits.h"
#include "query/literal.h"
#include "query/syntax_error.h"

namespace asterope::query {
namespace {

constexpr std::array<std::string_view, 24> kKeywords{
    "and",   "or",       "not",    "in",      "between", "like", "starts", "ends",
    "with",  "contains", "exists", "missing", "order",   "by",   "asc",    "desc",
    "limit", "offset",   "eq",     "ne",      "lt",      "le",   "gt",     "ge"};

constexpr std::array<std::string_view, 14> kSymbols{
    // longer ones before their prefixes
    "==", "!=", "<>", "<=", ">=", "&&", "||", "(", ")", ",", "=", "<", ">", "!"};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool same_word(std::string_view word, std::string_view keyword) {
    return std::equal(word.begin(), word.end(), keyword.begin(), keyword.end(),
                      [](char a, char b) { return lower(a) == b; });
}
bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}
bool is_name_char(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

class Lexer {
  public:
    explicit Lexer(std::string_view in) : in_(in) {}

    Result<std::vector<Token>> run() {
        std::vector<Token> tokens;
        for (;;) {
            at_ = std::min(in_.find_first_not_of(" \t\r\n\v\f", at_), in_.size());
            tokens.push_back(ASTEROPE_TRY(next()));
            if (tokens.back().kind == TokenKind::end) return tokens;
        }
    }

  private:
    Result<Token> next() {
        if (at_ == in_.size()) return Token{TokenKind::end, "", at_, 0};
        if (in_[at_] == '\'') return quoted(TokenKind::text);
        if (in_[at_] == '"') return quoted(TokenKind::name);
        for (const std::string_view symbol : kSymbols)
            if (in_.substr(at_).starts_with(symbol)) return token(TokenKind::symbol, symbol.size());
        std::size_t length = 0;
        while (at_ + length < in_.size() && is_word_char(in_[at_ + length])) ++length;
        if (length != 0) return token(TokenKind::word, length);
        if (in_[at_] == '&' || in_[at_] == '|') {
            const std::string twice(2, in_[at_]);
            return syntax_error(in_, at_, "expected '" + twice + "'");
        }
        return syntax_error(in_, at_, "expected text without a NUL byte");
    }

    Token token(TokenKind kind, std::size_t length) {
        Token out{kind, std::string(in_.substr(at_, length)), at_, length};
        at_ += length;
        return out;
    }

    Result<Token> quoted(TokenKind kind) {
        const char quote = in_[at_];
        Token out{kind, "", at_, 0};
        for (std::size_t i = at_ + 1; i < in_.size(); ++i) {
            if (in_[i] != quote) {
                out.text += in_[i];
            } else if (i + 1 < in_.size() && in_[i + 1] == quote) {
                out.text += quote;
                ++i;
            } else {
                out.length = i + 1 - at_;
                at_ = i + 1;
                return out;
            }
        }
        return syntax_error(in_, at_, std::string("expected a closing ") + quote + " to this one");
    }

    std::string_view in_;
    std::size_t at_ = 0;
};

}  // namespace

bool Token::is(std::string_view keyword) const {
    return kind == TokenKind::word && same_word(text, keyword);
}

Result<std::vector<Token>> tokenize(std::string_view expression) {
    if (expression.size() > limits::kExpressionBytes)
        return syntax_error(expression.substr(0, limits::kExpressionBytes), limits::kExpressionBytes,
                            "expected at most " + std::to_string(limits::kExpressionBytes) + " bytes");
    return Lexer(expression).run();
}

bool has_bare_form(std::string_view name) {
    if (name.empty() || !(is_letter(name.front()) || name.front() == '_') || name.back() == '.') return false;
    return name.find("..") == std::string_view::npos &&
           std::all_of(name.begin(), name.end(), [](char c) { return is_name_char(c) || c == '.'; });
}

bool is_bare_field(std::string_view name) {
    return has_bare_form(name) &&
           std::none_of(kKeywords.begin(), kKeywords.end(),
                        [&](std::string_view keyword) { return same_word(name, keyword); });
}

}  // namespace asterope::query

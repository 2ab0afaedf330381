#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"

namespace asterope::query {

enum class TokenKind : std::uint8_t {
    word,    ///< an unquoted run: a keyword, a bare field name or a bare literal; the parser knows which
    text,    ///< '…' with '' for a quote inside
    name,    ///< "…" with "" for a quote inside
    symbol,  ///< ( ) , = == != <> < <= > >= && || !
    end,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text;        ///< without its quotes
    std::size_t offset = 0;  ///< of its first byte in the expression
    std::size_t length = 0;

    /// Keywords are words in any case; `keyword` is in lower case.
    bool is(std::string_view keyword) const;
    bool is_symbol(std::string_view symbol) const { return kind == TokenKind::symbol && text == symbol; }
};

/// The tokens of `expression`; the last one, and only it, is `end`.
/// Errors: parse (a quote without its end, a byte that begins no token, longer than kExpressionBytes)
Result<std::vector<Token>> tokenize(std::string_view expression);

/// Whether `name` needs no quotes as a field: its form is bare and it is no keyword.
bool is_bare_field(std::string_view name);
/// [A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*
bool has_bare_form(std::string_view name);

}  // namespace asterope::query

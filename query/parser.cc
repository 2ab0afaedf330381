#include "query/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "engine/core/limits.h"
#include "query/lexer.h"
#include "query/literal.h"
#include "query/syntax_error.h"

namespace asterope::query {
namespace {

struct OperatorSpelling {
    std::string_view text;
    CompareOp op;
};
constexpr std::array<OperatorSpelling, 8> kSymbolOperators{{{"=", CompareOp::eq},
                                                            {"==", CompareOp::eq},
                                                            {"!=", CompareOp::ne},
                                                            {"<>", CompareOp::ne},
                                                            {"<", CompareOp::lt},
                                                            {"<=", CompareOp::le},
                                                            {">", CompareOp::gt},
                                                            {">=", CompareOp::ge}}};
constexpr std::array<OperatorSpelling, 6> kWordOperators{{{"eq", CompareOp::eq},
                                                          {"ne", CompareOp::ne},
                                                          {"lt", CompareOp::lt},
                                                          {"le", CompareOp::le},
                                                          {"gt", CompareOp::gt},
                                                          {"ge", CompareOp::ge}}};

/// Words that are neither a field nor a value unless quoted: `dose > and x` is a slip, not a comparison with
/// "and".
constexpr std::array<std::string_view, 6> kOperatorWords{"and", "or", "not", "in", "like", "between"};

bool is_operator_word(const Token& token) {
    return std::any_of(kOperatorWords.begin(), kOperatorWords.end(),
                       [&](std::string_view w) { return token.is(w); });
}

/// Recursive descent, one function a rule of the grammar in LANGUAGE.md.
class Parser {
  public:
    Parser(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

    Result<Query> whole() {
        Query query = ASTEROPE_TRY(query_until_end());
        if (peek().kind != TokenKind::end)
            return expected(query.predicate ? "'and', 'or', a clause or the end" : "the end");
        return query;
    }

    Result<Query> parenthesised() {
        if (!take_symbol("(")) return expected("'('");
        Query query = ASTEROPE_TRY(query_until_end());
        if (!take_symbol(")")) return expected("')'");
        if (peek().kind != TokenKind::end)
            return expected("the end: the parentheses must be around all of it");
        return query;
    }

  private:
    const Token& peek(std::size_t ahead = 0) const {
        return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
    }
    Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
    bool take_symbol(std::string_view symbol) {
        if (!peek().is_symbol(symbol)) return false;
        ++at_;
        return true;
    }
    bool take_word(std::string_view keyword) {
        if (!peek().is(keyword)) return false;
        ++at_;
        return true;
    }

    Unexpected expected(std::string what) const {
        std::string message = "expected " + std::move(what);
        if (at_ > 0) {
            const Token& before = tokens_[at_ - 1];
            message.append(" after '").append(text_.substr(before.offset, before.length)).append("'");
        }
        return syntax_error(text_, peek().offset, message);
    }

    // query = [ predicate ] { clause }
    Result<Query> query_until_end() {
        Query query;
        const bool no_predicate = peek().kind == TokenKind::end || peek().is_symbol(")") || at_clause();
        if (!no_predicate) query.predicate = ASTEROPE_TRY(disjunction());
        for (;;) {
            if (take_word("order")) {
                ASTEROPE_TRY_STATUS(order_clause(query));
            } else if (peek().is("limit") || peek().is("offset")) {
                ASTEROPE_TRY_STATUS(number_clause(query));
            } else {
                return query;
            }
        }
    }

    /// At the front a clause's word may as well be a field: what follows tells.
    bool at_clause() const {
        if (peek().is("order")) return peek(1).is("by");
        if (!peek().is("limit") && !peek().is("offset")) return false;
        const Token& next = peek(1);
        return next.kind == TokenKind::word && next.text.front() >= '0' && next.text.front() <= '9';
    }

    Status order_clause(Query& query) {
        if (!query.order.empty())
            return syntax_error(text_, tokens_[at_ - 1].offset, "expected one 'order by' only");
        if (!take_word("by")) return expected("'by'");
        do {
            OrderKey key;
            key.field = ASTEROPE_TRY(field());
            if (!take_word("asc")) key.descending = take_word("desc");
            query.order.push_back(std::move(key));
            ASTEROPE_TRY_STATUS(count_term());
        } while (take_symbol(","));
        return {};
    }

    Status number_clause(Query& query) {
        const bool is_limit = peek().is("limit");
        std::optional<std::uint64_t>& target = is_limit ? query.limit : query.offset;
        if (target)
            return syntax_error(text_, peek().offset,
                                is_limit ? "expected one 'limit' only" : "expected one 'offset' only");
        ++at_;
        const std::string& digits = peek().text;
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (peek().kind != TokenKind::word || error != std::errc{} || end != digits.data() + digits.size())
            return expected("a whole number");
        ++at_;
        target = number;
        return {};
    }

    Result<Predicate> disjunction() {
        std::vector<Predicate> operands;
        do operands.push_back(ASTEROPE_TRY(conjunction()));
        while (take_word("or") || take_symbol("||"));
        return or_of(std::move(operands));
    }

    Result<Predicate> conjunction() {
        std::vector<Predicate> operands;
        do operands.push_back(ASTEROPE_TRY(unary()));
        while (take_word("and") || take_symbol("&&"));
        return and_of(std::move(operands));
    }

    Result<Predicate> unary() {
        if (depth_ >= limits::kNesting)
            return syntax_error(
                text_, peek().offset,
                "expected at most " + std::to_string(limits::kNesting) + " levels of nesting");
        ++depth_;
        auto result = nested();
        --depth_;
        return result;
    }

    Result<Predicate> nested() {
        if (take_word("not") || take_symbol("!")) return not_of(ASTEROPE_TRY(unary()));
        if (!take_symbol("(")) return comparison();
        Predicate inner = ASTEROPE_TRY(disjunction());
        if (!take_symbol(")")) return expected("')'");
        return inner;
    }

    Result<Predicate> comparison() {
        ASTEROPE_TRY_STATUS(count_term());
        for (const bool present : {true, false}) {
            if (!peek().is(present ? "exists" : "missing") || !peek(1).is_symbol("(")) continue;
            at_ += 2;
            Presence presence{ASTEROPE_TRY(field()), present};
            if (!take_symbol(")")) return expected("')'");
            return Predicate{std::move(presence)};
        }
        std::string name = ASTEROPE_TRY(field());
        if (const auto op = take_compare_op()) {
            Literal value = ASTEROPE_TRY(literal());
            return Predicate{Comparison{std::move(name), *op, std::move(value)}};
        }
        const bool negated = take_word("not");
        if (take_word("in")) return membership(std::move(name), negated);
        if (const auto op = ASTEROPE_TRY(take_text_op()))
            return Predicate{TextMatch{std::move(name), *op, ASTEROPE_TRY(text()), negated}};
        if (negated) return expected("'in', 'like', 'starts with', 'ends with' or 'contains'");
        if (take_word("between")) {
            Literal low = ASTEROPE_TRY(literal());
            if (!take_word("and")) return expected("'and'");
            Literal high = ASTEROPE_TRY(literal());
            return Predicate{Between{std::move(name), std::move(low), std::move(high)}};
        }
        return Predicate{Truth{std::move(name)}};
    }

    std::optional<CompareOp> take_compare_op() {
        const Token& token = peek();
        if (token.kind == TokenKind::symbol) {
            for (const auto& [spelling, op] : kSymbolOperators)
                if (take_symbol(spelling)) return op;
        } else if (token.kind == TokenKind::word) {
            for (const auto& [spelling, op] : kWordOperators)
                if (take_word(spelling)) return op;
        }
        return std::nullopt;
    }

    Result<std::optional<TextOp>> take_text_op() {
        if (take_word("like")) return TextOp::like;
        if (take_word("contains")) return TextOp::contains;
        const bool starts = peek().is("starts");
        if (!starts && !peek().is("ends")) return std::nullopt;
        ++at_;
        if (!take_word("with")) return expected("'with'");
        return starts ? TextOp::starts_with : TextOp::ends_with;
    }

    Result<Predicate> membership(std::string name, bool negated) {
        if (!take_symbol("(")) return expected("'('");
        Membership out{std::move(name), {}, negated};
        do {
            out.values.push_back(ASTEROPE_TRY(literal()));
            ASTEROPE_TRY_STATUS(count_term());
        } while (take_symbol(","));
        if (!take_symbol(")")) return expected("',' or ')'");
        return Predicate{std::move(out)};
    }

    Result<std::string> field() {
        const Token& token = peek();
        if (token.kind == TokenKind::name) {
            if (token.text.empty()) return expected("a field name between the quotes");
            return take().text;
        }
        if (token.kind != TokenKind::word || is_operator_word(token)) return expected("a field");
        if (!has_bare_form(token.text))
            return expected("a field (one with such a name is written in double quotes)");
        return take().text;
    }

    Result<Literal> literal() {
        const Token& token = peek();
        if (token.kind == TokenKind::text) return Literal::quoted(take().text);
        if (token.kind == TokenKind::name) return expected("a value (text is written in single quotes)");
        if (token.kind != TokenKind::word || is_operator_word(token)) return expected("a value");
        const std::string word = take().text;
        if ((word == "now" || word == "today") && peek().kind == TokenKind::word &&
            (peek().text.front() == '+' || peek().text.front() == '-'))
            return moved_time(word);
        return Literal::bare(word);
    }

    /// now - 7d, with or without the spaces after `base`.
    Result<Literal> moved_time(const std::string& base) {
        std::string spelling = base + take().text;
        if (spelling.size() == base.size() + 1 && peek().kind == TokenKind::word) {
            if (!parse_relative_time(spelling + peek().text))
                return expected("a time span such as 7d (units s m h d w mo y)");
            spelling += take().text;
        }
        if (parse_relative_time(spelling)) return Literal::bare(spelling);
        return expected("a time span such as 7d (units s m h d w mo y)");
    }

    Result<std::string> text() {
        const Token& token = peek();
        if (token.kind == TokenKind::text) return take().text;
        if (token.kind != TokenKind::word || is_operator_word(token)) return expected("a text");
        return take().text;
    }

    Status count_term() {
        if (++terms_ <= limits::kExpressionTerms) return {};
        return syntax_error(text_, peek().offset,
                            "expected at most " + std::to_string(limits::kExpressionTerms) + " comparisons");
    }

    std::string_view text_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::size_t terms_ = 0;
};

}  // namespace

Result<Query> parse_expression(std::string_view text) {
    return Parser(text, ASTEROPE_TRY(tokenize(text))).whole();
}

Result<Query> parse_parenthesised(std::string_view text) {
    return Parser(text, ASTEROPE_TRY(tokenize(text))).parenthesised();
}

}  // namespace asterope::query

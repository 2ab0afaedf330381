#pragma once

#include <string>
#include <string_view>

#include "query/ast.h"

namespace asterope::query {

/// One test of a text against a pattern.
struct TextTest {
    TextOp op = TextOp::like;
    std::string pattern;

    bool passes(std::string_view text) const;
};

/// `pattern` with * for any run of bytes and ? for one character: the whole of `text` must match.
/// A character is a UTF-8 sequence; a byte that belongs to none counts as one.
bool like(std::string_view text, std::string_view pattern);

}  // namespace asterope::query

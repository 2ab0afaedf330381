#include "fs/query_component.h"

#include "query/ast.h"
#include "query/parser.h"
#include "query/path_form.h"

namespace asterope::fs {

Result<SharedQuery> query_of_component(const query::Query* outer, std::string_view name) {
    const auto level = outer == nullptr ? query::PathLevel::top : query::PathLevel::deeper;
    auto parsed = ASTEROPE_TRY(query::parse_path_component(name, level));
    if (!parsed) return fail(Errc::not_found);
    if (outer == nullptr) return std::make_shared<const query::Query>(std::move(*parsed));
    return std::make_shared<const query::Query>(query::combine(*outer, *parsed));
}

Result<SharedQuery> query_of_expression(std::string_view text) {
    return std::make_shared<const query::Query>(ASTEROPE_TRY(query::parse_expression(text)));
}

}  // namespace asterope::fs

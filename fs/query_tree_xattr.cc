#include "fs/query_tree.h"

/// The attributes of the query tree: .error and .count, and those of saved queries, which are those of the directories that keep them.
namespace asterope::fs {
namespace {

constexpr std::string_view kErrorAttribute = "user.asterope.error";
constexpr std::string_view kCountAttribute = "user.asterope.count";
constexpr std::string_view kExpressionAttribute = "user.query";

}  // namespace

Result<std::string> QueryTree::getxattr(const Caller& caller, NodeId node, std::string_view name) {
    const auto what = ASTEROPE_TRY(nodes_.find(node));
    if (name == kErrorAttribute) {
        if (auto error = errors_.get(caller.uid)) return *error;
        return fail(Errc::no_attribute);
    }
    if (what->kind == QueryKind::results && name == kCountAttribute) {
        return std::to_string(ASTEROPE_TRY(count_visible(volume_, what->query, caller)));
    }
    if (what->kind == QueryKind::entry) return xattrs_.get(what->stored, name);
    return fail(Errc::no_attribute);
}

Result<std::vector<std::string>> QueryTree::listxattr(const Caller& caller, NodeId node) {
    const auto what = ASTEROPE_TRY(nodes_.find(node));
    if (what->kind == QueryKind::entry) return xattrs_.list(caller, what->stored);
    return std::vector<std::string>{};
}

Status QueryTree::setxattr(const Caller& caller, NodeId node, std::string_view name, std::string_view value,
                           int flags) {
    const auto what = ASTEROPE_TRY(nodes_.find(node));
    if (what->kind != QueryKind::entry) return fail(Errc::read_only);
    if (name == kExpressionAttribute) {
        const auto query = query_of_expression(value);
        if (!query) errors_.set(caller.uid, query.error().text());
        if (!query) return fail(Errc::invalid, query.error().text());
    }
    return xattrs_.set(caller, what->stored, name, value, flags);
}

Status QueryTree::removexattr(NodeId node, std::string_view name) {
    const auto what = ASTEROPE_TRY(nodes_.find(node));
    if (what->kind != QueryKind::entry) return fail(Errc::read_only);
    return xattrs_.remove(what->stored, name);
}

}  // namespace asterope::fs

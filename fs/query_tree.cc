#include "fs/query_tree.h"

#include <sys/stat.h>

#include "engine/core/path.h"
#include "fs/access.h"
#include "fs/query_readme.h"
#include "fs/result_dir.h"
#include "fs/result_name.h"
#include "fs/saved_dir.h"

namespace asterope::fs {
namespace {

constexpr std::string_view kReadmeName = "README";
constexpr std::string_view kSavedName = "@saved";

bool is_directory(QueryKind kind) {
    return kind != QueryKind::readme && kind != QueryKind::control;
}

std::uint32_t mode_of(QueryKind kind) {
    if (kind == QueryKind::saved) return 0777 | S_ISVTX;  // everyone saves, each removes his own
    return is_directory(kind) ? 0555 : 0444;
}

}  // namespace

Entry QueryTree::entry_of(NodeId node, const QueryNode& what) const {
    Attr attr;
    if (what.kind == QueryKind::entry) attr = volume_.getattr(what.stored).value_or(Attr{});
    attr.node = node;
    attr.type = is_directory(what.kind) ? NodeType::directory : NodeType::file;
    attr.nlink = is_directory(what.kind) ? 2 : 1;
    if (what.kind != QueryKind::entry) {
        attr.mode = mode_of(what.kind);
        attr.atime = attr.mtime = attr.ctime = attr.btime = born_;
    }
    if (what.kind == QueryKind::readme) attr.size = query_readme().size();
    return {attr, 0, 0};
}

Entry QueryTree::interned(std::string_view name, QueryNode what) {
    const NodeId node = nodes_.intern(name, what);
    return entry_of(node, what);
}

Result<Entry> QueryTree::lookup(const Caller& caller, NodeId dir, std::string_view name) {
    const auto node = ASTEROPE_TRY(nodes_.find(dir));
    switch (node->kind) {
        case QueryKind::root:
            return lookup_in_root(caller, name);
        case QueryKind::saved:
            return lookup_saved(name);
        case QueryKind::results:
            return lookup_in_results(caller, dir, *node, name);
        case QueryKind::entry:
            return fail(Errc::not_found);
        case QueryKind::readme:
        case QueryKind::control:
            return fail(Errc::not_dir);
    }
    return fail(Errc::not_found);
}

Result<Entry> QueryTree::lookup_in_root(const Caller& caller, std::string_view name) {
    if (name == kReadmeName) return entry_of(kReadmeNode, *ASTEROPE_TRY(nodes_.find(kReadmeNode)));
    if (name == kSavedName) return entry_of(kSavedNode, *ASTEROPE_TRY(nodes_.find(kSavedNode)));
    if (const auto saved = saved_.find(name)) {
        const auto expression = saved_.expression(saved->node);
        return results_entry(caller, kQueryRoot, name,
                             expression ? query_of_expression(*expression) : Unexpected(expression.error()));
    }
    return results_entry(caller, kQueryRoot, name, query_of_component(nullptr, name));
}

Result<Entry> QueryTree::lookup_saved(std::string_view name) {
    return saved_entry(name, ASTEROPE_TRY(saved_.find(name)).node);
}

Entry QueryTree::saved_entry(std::string_view name, NodeId stored) {
    return interned(
        name, {.kind = QueryKind::entry, .parent = kSavedNode, .name = std::string(name), .stored = stored});
}

Result<Entry> QueryTree::results_entry(const Caller& caller, NodeId dir, std::string_view name,
                                       Result<SharedQuery> query) {
    if (query)
        return interned(name,
                        {.kind = QueryKind::results, .parent = dir, .name = {}, .query = std::move(*query)});
    errors_.set(caller.uid, query.error().text());
    return fail(Errc::not_found);
}

Result<Entry> QueryTree::lookup_in_results(const Caller& caller, NodeId dir, const QueryNode& results,
                                           std::string_view name) {
    if (control_kind(name)) {
        return interned(
            name,
            {.kind = QueryKind::control, .parent = dir, .name = std::string(name), .query = results.query});
    }
    auto query = query_of_component(results.query.get(), name);
    const bool is_name = !query && query.error().code == Errc::not_found;
    return is_name ? lookup_result(caller, results, name)
                   : results_entry(caller, dir, name, std::move(query));
}

Result<Entry> QueryTree::lookup_result(const Caller& caller, const QueryNode& results,
                                       std::string_view name) {
    const ResultName decoded = ASTEROPE_TRY(decode_result_name(name));
    const std::string key = decoded.node ? ASTEROPE_TRY(key_of(volume_, *decoded.node)) : decoded.key;
    if (decoded.node && encode_result_name(key, *decoded.node) != name) return fail(Errc::not_found);
    const Attr attr = ASTEROPE_TRY(AccessCheck(volume_, caller).resolve(key));
    if (attr.type == NodeType::directory || !ASTEROPE_TRY(volume_.matches(*results.query, attr.node))) {
        return fail(Errc::not_found);
    }
    return Entry{files_.current(attr), 0, 0};
}

Result<AttrReply> QueryTree::getattr(NodeId node) {
    const auto what = ASTEROPE_TRY(nodes_.find(node));
    if (what->kind == QueryKind::entry)
        ASTEROPE_TRY(volume_.getattr(what->stored));  // removed meanwhile: not_found
    return AttrReply{entry_of(node, *what).attr, 0};
}

Result<Entry> QueryTree::mkdir(const Caller& caller, NodeId dir, std::string_view name, std::uint32_t mode) {
    if (dir != kSavedNode) return fail(Errc::read_only);
    return saved_entry(name, ASTEROPE_TRY(saved_.create(caller, name, mode)).node);
}

Status QueryTree::rmdir(NodeId dir, std::string_view name) {
    if (dir != kSavedNode) return fail(Errc::read_only);
    return saved_.remove(name);
}

Result<std::shared_ptr<OpenDir>> QueryTree::opendir(const Caller& caller, NodeId dir) {
    const auto node = ASTEROPE_TRY(nodes_.find(dir));
    switch (node->kind) {
        case QueryKind::root:
            return std::make_shared<SavedDir>(saved_, dir, kRootNode, true);
        case QueryKind::saved:
            return std::make_shared<SavedDir>(saved_, dir, kQueryRoot, false);
        case QueryKind::entry:
            return std::make_shared<EmptyDir>(dir, kSavedNode);
        case QueryKind::readme:
        case QueryKind::control:
            return fail(Errc::not_dir);
        case QueryKind::results:
            break;
    }
    auto results = std::make_shared<ResultDir>(volume_, node->query, caller, dir, node->parent);
    ASTEROPE_TRY_STATUS(results->start(caller));
    return results;
}

Result<std::shared_ptr<ControlFile>> QueryTree::open(const Caller& caller, NodeId node) {
    const auto what = ASTEROPE_TRY(nodes_.find(node));
    if (what->kind == QueryKind::readme) return fixed_text(std::string(query_readme()));
    const auto kind = control_kind(what->name);
    if (what->kind != QueryKind::control || !kind) return fail(Errc::is_dir);
    return open_control(volume_, options_, *kind, what->query, caller);
}

}  // namespace asterope::fs

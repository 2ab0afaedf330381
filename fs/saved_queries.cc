#include "fs/saved_queries.h"

#include "engine/core/path.h"
#include "fs/options.h"

namespace asterope::fs {
namespace {

constexpr std::string_view kSavedDir = "saved";

bool has_another_meaning(std::string_view name) {
    return name == "README" || name.starts_with('@');
}

}  // namespace

Result<NodeId> SavedQueries::directory() {
    const Attr hidden = ASTEROPE_TRY(volume_.lookup(kRootNode, kHiddenDir));
    return ASTEROPE_TRY(volume_.lookup(hidden.node, kSavedDir)).node;
}

Result<Attr> SavedQueries::find(std::string_view name) {
    return volume_.lookup(ASTEROPE_TRY(directory()), name);
}

Result<std::vector<DirEntry>> SavedQueries::list(std::uint64_t cookie, std::size_t count_max) {
    const auto dir = directory();
    if (!dir && dir.error().code == Errc::not_found) return std::vector<DirEntry>{};
    if (!dir) return Unexpected(dir.error());
    return volume_.list(*dir, cookie, count_max);
}

Result<Attr> SavedQueries::create(const Caller& caller, std::string_view name, std::uint32_t mode) {
    if (has_another_meaning(name))
        return fail(Errc::invalid, "a saved query cannot be called '" + std::string(name) + "'");
    const std::string path = std::string(kHiddenDir) + "/" + std::string(kSavedDir);
    const Attr dir =
        ASTEROPE_TRY(make_directories(volume_, path, {.type = NodeType::directory, .mode = 0755}));
    return volume_.create(dir.node, name,
                          {.type = NodeType::directory, .mode = mode, .uid = caller.uid, .gid = caller.gid});
}

Status SavedQueries::remove(std::string_view name) {
    return volume_.rmdir(ASTEROPE_TRY(directory()), name);
}

Result<std::string> SavedQueries::expression(NodeId stored) {
    const Document document = ASTEROPE_TRY(volume_.document(stored));
    const Value* value = document.find(kExpressionField);
    if (value == nullptr) return fail(Errc::not_found, "this saved query has no expression: set user.query");
    return to_xattr_bytes(*value);
}

}  // namespace asterope::fs

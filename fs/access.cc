#include "fs/access.h"

#include "fs/posix_acl.h"

namespace asterope::fs {
namespace {

constexpr std::size_t kRememberedDirectories = 4096;

struct SplitPath {
    std::string_view dir;  ///< empty: the root
    std::string_view name;
};

SplitPath split(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return {{}, path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

bool AccessCheck::allows(const Attr& attr, std::uint32_t wanted) {
    if (caller_.is_root()) return true;
    const auto acl = stored_acl(volume_, attr.node, kAccessAcl);
    if (!acl) return false;
    if (*acl) return (*acl)->allows(caller_, attr.uid, attr.gid, wanted);
    const unsigned shift = attr.uid == caller_.uid ? 6 : caller_.in_group(attr.gid) ? 3 : 0;
    return ((attr.mode >> shift) & wanted) == wanted;
}

Result<AccessCheck::Directory> AccessCheck::enter(const Directory* parent, std::string_view path) {
    const Attr attr = ASTEROPE_TRY(parent == nullptr ? volume_.getattr(kRootNode)
                                                     : volume_.lookup(parent->node, split(path).name));
    if (attr.type != NodeType::directory) return fail(Errc::not_dir);
    const bool above = parent == nullptr || parent->searchable;
    if (seen_.size() >= kRememberedDirectories) seen_.clear();
    const Directory found{attr.node, above && allows(attr, 1)};
    seen_.insert_or_assign(std::string(path), found);
    return found;
}

Result<AccessCheck::Directory> AccessCheck::directory(std::string_view path) {
    // Up to the nearest directory that is known, then down again, so that neighbours cost one look.
    std::string_view known = path;
    auto it = seen_.find(std::string(known));
    while (it == seen_.end() && !known.empty()) {
        known = split(known).dir;
        it = seen_.find(std::string(known));
    }
    Directory at = it != seen_.end() ? it->second : ASTEROPE_TRY(enter(nullptr, {}));
    while (known.size() < path.size()) {
        const std::size_t slash = path.find('/', known.empty() ? 0 : known.size() + 1);
        known = path.substr(0, slash);
        at = ASTEROPE_TRY(enter(&at, known));
    }
    return at;
}

Result<Attr> AccessCheck::resolve(std::string_view key) {
    const auto [dir, name] = split(key);
    const Directory parent = ASTEROPE_TRY(directory(dir));
    if (!parent.searchable) return fail(Errc::permission);
    return volume_.lookup(parent.node, name);
}

bool AccessCheck::can_reach(std::string_view key) {
    if (everything()) return true;
    const auto parent = directory(split(key).dir);
    return parent && parent->searchable;
}

}  // namespace asterope::fs

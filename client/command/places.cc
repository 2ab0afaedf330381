#include "client/command/places.h"

#include <unistd.h>

namespace asterope::command {

NewNode new_directory() {
    return {.type = NodeType::directory, .mode = 0755, .uid = ::geteuid(), .gid = ::getegid()};
}

Result<Place> make_place(Volume& volume, const std::string& key) {
    auto components = ASTEROPE_TRY(split_key(key));
    if (components.empty()) return fail(Errc::invalid, "the root is no key");
    Place place{kRootNode, components.back()};
    std::string above;
    for (std::size_t i = 0; i + 1 < components.size(); ++i) above += components[i] + "/";
    place.dir = ASTEROPE_TRY(make_directories(volume, above, new_directory())).node;
    return place;
}

std::string join_key(const std::string& key, const std::string& name) {
    if (key.empty() || key.ends_with('/')) return key + name;
    return key + "/" + name;
}

std::string base_name(const std::string& path) {
    const std::size_t last = path.find_last_not_of('/');
    if (last == std::string::npos) return {};
    const std::size_t slash = path.find_last_of('/', last);
    return path.substr(slash + 1, last - slash);
}

Result<Target> target_of(Volume& volume, const std::string& key, std::size_t source_count) {
    if (key.empty() || key.ends_with('/')) return Target{key, true};
    const auto attr = resolve(volume, key);
    if (attr && attr->type == NodeType::directory) return Target{key, true};
    if (source_count < 2) return Target{key, false};
    if (attr) return fail(Errc::not_dir, "'" + key + "' is not a directory, so several files cannot go there");
    if (attr.error().code != Errc::not_found) return Unexpected(attr.error());
    return Target{key, true};
}

}  // namespace asterope::command

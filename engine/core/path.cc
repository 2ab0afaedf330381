#include "engine/core/path.h"

#include "engine/core/limits.h"

namespace asterope {

Status check_name(std::string_view name) {
    if (name.size() > limits::kNameBytes) return fail(Errc::name_too_long);
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string_view::npos ||
        name.find('\0') != std::string_view::npos)
        return fail(Errc::invalid, "'" + std::string(name) + "' cannot be a name");
    return {};
}

Result<std::vector<std::string>> split_key(std::string_view key) {
    if (key.size() >= limits::kPathBytes) return fail(Errc::name_too_long, "key is longer than 4095 bytes");
    std::vector<std::string> components;
    while (!key.empty()) {
        const std::size_t slash = key.find('/');
        const std::string_view component = key.substr(0, slash);
        if (!component.empty()) {
            ASTEROPE_TRY_STATUS(check_name(component));
            components.emplace_back(component);
        }
        key.remove_prefix(slash == std::string_view::npos ? key.size() : slash + 1);
    }
    return components;
}

Result<Attr> resolve(Volume& volume, std::string_view key) {
    Attr at = ASTEROPE_TRY(volume.getattr(kRootNode));
    for (const std::string& name : ASTEROPE_TRY(split_key(key))) at = ASTEROPE_TRY(volume.lookup(at.node, name));
    return at;
}

Result<Place> resolve_parent(Volume& volume, std::string_view key) {
    std::vector<std::string> components = ASTEROPE_TRY(split_key(key));
    if (components.empty()) return fail(Errc::invalid, "the root is no key");
    Place place{kRootNode, std::move(components.back())};
    components.pop_back();
    for (const std::string& name : components) place.dir = ASTEROPE_TRY(volume.lookup(place.dir, name)).node;
    return place;
}

Result<std::string> key_of(Volume& volume, NodeId node) {
    std::string key;
    while (node != kRootNode) {
        const Link link = ASTEROPE_TRY(volume.first_link(node));
        key = key.empty() ? link.name : link.name + "/" + key;
        node = link.parent;
        if (key.size() > 1u << 20) return fail(Errc::corrupt, "a directory contains itself");
    }
    return key;
}

Result<Attr> make_directories(Volume& volume, std::string_view key, const NewNode& directory) {
    Attr at = ASTEROPE_TRY(volume.getattr(kRootNode));
    for (const std::string& name : ASTEROPE_TRY(split_key(key))) {
        auto next = volume.lookup(at.node, name);
        if (!next && next.error().code == Errc::not_found) {
            next = volume.create(at.node, name, directory);
            if (!next && next.error().code == Errc::exists) next = volume.lookup(at.node, name);  // another was faster
        }
        at = ASTEROPE_TRY(std::move(next));
        if (at.type != NodeType::directory) return fail(Errc::not_dir, "'" + name + "' is not a directory");
    }
    return at;
}

}  // namespace asterope

#include "tests/crash/description.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "engine/core/path.h"
#include "query/parser.h"

namespace asterope::crash {
namespace {

using Visit = std::function<void(const std::string& path, const Attr& attr)>;

/// Calls `visit` for all below `dir`; what fails comes back as text.
std::string walk(Volume& volume, NodeId dir, const std::string& prefix, const Visit& visit) {
    auto entries = volume.list(dir, 0, 1'000'000);
    if (!entries) return prefix + ": " + entries.error().text();
    std::sort(entries->begin(), entries->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const DirEntry& entry : *entries) {
        const auto attr = volume.getattr(entry.node);
        if (!attr) return prefix + entry.name + ": " + attr.error().text();
        visit(prefix + entry.name, *attr);
        if (attr->type != NodeType::directory) continue;
        if (std::string failed = walk(volume, entry.node, prefix + entry.name + "/", visit); !failed.empty()) return failed;
    }
    return {};
}

Result<std::string> content(Volume& volume, const Attr& attr) {
    if (attr.type == NodeType::symlink) return volume.readlink(attr.node);
    if (attr.type != NodeType::file) return std::string();
    const auto file = ASTEROPE_TRY(volume.open(attr.node, {}));
    std::string bytes(attr.size + 1, '\0');  // one more, so that a content longer than its size is seen
    bytes.resize(ASTEROPE_TRY(file->read(0, std::as_writable_bytes(std::span(bytes)))));
    return bytes;
}

/// What can be told without reading contents and documents.
std::string outline_line(const std::string& path, const Attr& attr) {
    std::ostringstream out;
    out << path << " " << name_of(attr.type) << " links " << attr.nlink << " mode " << std::oct << attr.mode << std::dec;
    if (attr.type != NodeType::directory) out << " size " << attr.size;
    return out.str() + " |";
}

Result<std::string> line(Volume& volume, const std::string& path, const Attr& attr) {
    const std::string bytes = ASTEROPE_TRY(content(volume, attr));
    std::ostringstream out;
    out << outline_line(path, attr);
    if (attr.type != NodeType::directory) {
        const std::string begin = bytes.substr(0, std::min(bytes.find(" line"), bytes.find('\n')));
        out << " read " << bytes.size() << " digest " << std::hex << std::hash<std::string>()(bytes) << std::dec << " '"
            << begin.substr(0, 20) << "'";
    }
    for (const auto& [name, value] : ASTEROPE_TRY(volume.document(attr.node)))
        out << " " << name << (value.get_if<std::string>() != nullptr ? ":" : "=") << to_xattr_bytes(value);
    for (const std::string& name : ASTEROPE_TRY(volume.list_attributes(attr.node)))
        out << " " << name << " " << std::hex << std::hash<std::string>()(ASTEROPE_TRY(volume.attribute(attr.node, name))) << std::dec;
    return out.str();
}

/// The keys that `expression` finds below `directory`.
Result<std::set<std::string>> find(Volume& volume, const std::string& directory, const std::string& expression) {
    const auto results = ASTEROPE_TRY(volume.query(ASTEROPE_TRY(query::parse_expression(expression)), {}));
    std::set<std::string> keys;
    for (;;) {
        const auto hits = ASTEROPE_TRY(results->next(1000));
        if (hits.empty()) return keys;
        for (const Hit& hit : hits)
            if (hit.key.starts_with(directory + "/")) keys.insert(hit.key);
    }
}

/// The expression that finds files by this field; numbers are compared as numbers.
std::string expression_of(const std::string& name, const Value& value) {
    const std::string text = to_xattr_bytes(value);
    return name + " = " + (value.get_if<std::string>() != nullptr ? "'" + text + "'" : text);
}

}  // namespace

std::string describe(Volume& volume, const std::string& key) {
    const auto top = resolve(volume, key);
    if (!top) return "'" + key + "': " + top.error().text();
    std::string lines;
    const std::string failed = walk(volume, top->node, "", [&](const std::string& path, const Attr& attr) {
        const auto text = line(volume, path, attr);
        lines += (text ? *text : path + ": " + text.error().text()) + "\n";
    });
    return lines + failed;
}

std::string outline(Volume& volume) {
    std::string lines;
    const std::string failed =
        walk(volume, kRootNode, "", [&](const std::string& path, const Attr& attr) { lines += outline_line(path, attr) + "\n"; });
    return lines + failed;
}

std::string outline_of(const std::string& description) {
    std::string lines, each;
    for (std::istringstream in(description); std::getline(in, each);) lines += each.substr(0, each.find(" |") + 2) + "\n";
    return lines;
}

std::string difference(const std::string& expected, const std::string& found) {
    std::set<std::string> left, right;
    std::string each;
    for (std::istringstream in(expected); std::getline(in, each);) left.insert(each);
    for (std::istringstream in(found); std::getline(in, each);) right.insert(each);
    std::string text;
    for (const auto& only : left)
        if (!right.contains(only)) text += "  expected " + only + "\n";
    for (const auto& only : right)
        if (!left.contains(only)) text += "  found    " + only + "\n";
    return text.substr(0, 3000);
}

std::string index_problems(Volume& volume, const std::string& key) {
    const auto top = resolve(volume, key);
    if (!top) return top.error().text();
    std::map<std::string, NodeId> nodes;
    std::map<std::string, std::set<NodeId>> expected{{"kind = 0", {}}, {"note = 'text 1'", {}}};
    std::string problems = walk(volume, top->node, key + "/", [&](const std::string& path, const Attr& attr) {
        nodes.emplace(path, attr.node);
        if (attr.type == NodeType::directory) return;
        if (const auto document = volume.document(attr.node))
            for (const auto& [name, value] : *document) expected[expression_of(name, value)].insert(attr.node);
    });
    for (const auto& [expression, wanted] : expected) {
        const auto found = find(volume, key, expression);
        if (!found) return expression + ": " + found.error().text();
        std::set<NodeId> found_nodes;  // a file with two names is one result
        for (const std::string& each : *found) found_nodes.insert(nodes[each]);
        if (found_nodes != wanted)
            problems += expression + " finds " + std::to_string(found_nodes.size()) + " files below " + key +
                        ", the documents say " + std::to_string(wanted.size()) + "\n";
    }
    return problems;
}

}  // namespace asterope::crash

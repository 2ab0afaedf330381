#include "tests/fs/volume_conformance.h"

#include <algorithm>

namespace asterope {
namespace {

std::string joined(std::vector<std::string> words) {
    std::sort(words.begin(), words.end());
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

NodeId VolumeConformance::make_dir(NodeId parent, std::string_view name) {
    const auto made = volume().create(parent, name, {.type = NodeType::directory, .mode = 0755});
    EXPECT_EQ(outcome(made), "ok") << name;
    return made ? made->node : NodeId{};
}

NodeId VolumeConformance::make_file(NodeId parent, std::string_view name, std::string_view bytes,
                                    const Document& document) {
    const auto made = volume().create(parent, name, {.type = NodeType::file, .document = document});
    EXPECT_EQ(outcome(made), "ok") << name;
    if (!made) return NodeId{};
    if (!bytes.empty()) write(*open(made->node), 0, bytes);
    return made->node;
}

std::unique_ptr<File> VolumeConformance::open(NodeId node, OpenMode mode, bool truncate) {
    auto file = volume().open(node, {mode, truncate});
    if (!file) throw std::runtime_error("open: " + file.error().text());
    return std::move(*file);
}

void VolumeConformance::write(File& file, std::uint64_t offset, std::string_view bytes) {
    EXPECT_EQ(outcome(file.write(offset, as_bytes(bytes))), "ok");
}

std::string VolumeConformance::read(File& file, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '?');
    const auto got = file.read(offset, std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
    EXPECT_EQ(outcome(got), "ok");
    bytes.resize(got.value_or(0));
    return bytes;
}

std::string VolumeConformance::content(NodeId node) {
    const auto file = open(node, OpenMode::read);
    const auto attr = file->getattr();
    return read(*file, 0, static_cast<std::size_t>(attr ? attr->size : 0) + 1);
}

NodeId VolumeConformance::node_at(std::string_view path) {
    NodeId node = kRootNode;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        const auto attr = volume().lookup(node, path.substr(0, slash));
        EXPECT_EQ(outcome(attr), "ok") << path;
        if (!attr) return NodeId{};
        node = attr->node;
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return node;
}

std::unique_ptr<StagedContent> VolumeConformance::staged(std::string_view bytes) {
    auto content = volume().stage();
    if (!content) throw std::runtime_error("stage: " + content.error().text());
    EXPECT_EQ(outcome((*content)->append(as_bytes(bytes))), "ok");
    return std::move(*content);
}

std::string VolumeConformance::names(NodeId dir) {
    std::vector<std::string> all;
    const auto entries = volume().list(dir, 0, 1000);
    EXPECT_EQ(outcome(entries), "ok");
    if (!entries) return "";
    for (const auto& entry : *entries) all.push_back(entry.name);
    return joined(all);
}

void VolumeConformance::add_tree(NodeId dir, const std::string& prefix, std::vector<std::string>& lines) {
    const auto entries = volume().list(dir, 0, 1000);
    ASSERT_EQ(outcome(entries), "ok");
    for (const auto& entry : *entries) {
        const std::string path = prefix + entry.name;
        switch (entry.type) {
            case NodeType::directory:
                lines.push_back(path + "/");
                add_tree(entry.node, path + "/", lines);
                break;
            case NodeType::file:
                lines.push_back(path + "=" + content(entry.node));
                break;
            case NodeType::symlink:
                lines.push_back(path + "@" + volume().readlink(entry.node).value_or("?"));
                break;
            default:
                lines.push_back(path + "|");
                break;
        }
    }
}

std::string VolumeConformance::tree() {
    std::vector<std::string> lines;
    add_tree(kRootNode, "", lines);
    return joined(lines);
}

std::string VolumeConformance::fields(NodeId node) {
    const auto document = volume().document(node);
    EXPECT_EQ(outcome(document), "ok");
    if (!document) return "";
    std::vector<std::string> all;
    for (const auto& [name, value] : *document) all.push_back(name + "=" + to_xattr_bytes(value));
    return joined(all);
}

std::vector<Change> VolumeConformance::changes_since(Sequence since) {
    auto changes = volume().changes(since, 1000, std::chrono::milliseconds(0));
    EXPECT_EQ(outcome(changes), "ok");
    return changes.value_or(std::vector<Change>{});
}

}  // namespace asterope

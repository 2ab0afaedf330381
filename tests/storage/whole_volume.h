#pragma once

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

#include "engine/core/volume.h"
#include "engine/serialization/json.h"

namespace asterope {

/// Everything that a volume shows, a line for each name, in order: type, mode, owner, times, content, document, attributes. Files
/// with several names have the same number.
class WholeVolume {
  public:
    explicit WholeVolume(Volume& volume) : volume_(volume) {}
    std::string text() {
        add_line("/", volume_.getattr(kRootNode).value());
        walk(kRootNode, "/");
        return std::move(out_).str();
    }

  private:
    void walk(NodeId dir, const std::string& prefix) {
        auto entries = volume_.list(dir, 0, 1'000'000).value();
        std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        for (const DirEntry& entry : entries) {
            add_line(prefix + entry.name, volume_.getattr(entry.node).value());
            if (entry.type == NodeType::directory) walk(entry.node, prefix + entry.name + "/");
        }
    }

    void add_line(const std::string& path, const Attr& attr) {
        out_ << path << " " << name_of(attr.type) << " " << std::oct << attr.mode << std::dec << " " << attr.uid << ":" << attr.gid
             << " " << attr.rdev << " atime " << to_rfc3339(attr.atime) << " mtime " << to_rfc3339(attr.mtime);
        if (attr.nlink > 1 && attr.type != NodeType::directory)
            out_ << " file " << numbers_.emplace(attr.node, numbers_.size()).first->second << " of " << attr.nlink << " names";
        out_ << " " << content(attr) << " " << to_json(volume_.document(attr.node).value(), JsonForm::exact);
        const std::vector<std::string> attributes = volume_.list_attributes(attr.node).value();
        for (const std::string& name : attributes)
            out_ << " " << name << "=" << std::hash<std::string>()(volume_.attribute(attr.node, name).value());
        out_ << "\n";
    }

    std::string content(const Attr& attr) {
        if (attr.type == NodeType::symlink) return "-> " + volume_.readlink(attr.node).value();
        if (attr.type != NodeType::file) return "";
        const auto file = volume_.open(attr.node, {});
        if (!file) return file.error().text();
        std::string bytes(attr.size + 1, '\0');
        const auto size = (*file)->read(0, std::as_writable_bytes(std::span(bytes)));
        if (!size) return size.error().text();
        bytes.resize(*size);
        return std::to_string(*size) + " bytes, digest " + std::to_string(std::hash<std::string>()(bytes));
    }

    Volume& volume_;
    std::ostringstream out_;
    std::map<NodeId, std::size_t> numbers_;
};

inline std::string whole(Volume& volume) { return WholeVolume(volume).text(); }

}  // namespace asterope

#pragma once

#include <gtest/gtest.h>

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fs/filesystem.h"
#include "tests/fs/model_volume.h"

namespace asterope::fs {

inline Caller root_caller() {
    return {.uid = 0, .gid = 0};
}
inline Caller user(std::uint32_t uid, std::uint32_t gid, std::vector<std::uint32_t> groups = {}) {
    return {.uid = uid, .gid = gid, .groups = [groups] { return groups; }};
}

inline SetAttr mode_change(std::uint32_t mode) {
    SetAttr change;
    change.mode = mode;
    return change;
}

template <class T>
std::string outcome(const Result<T>& result) {
    return result ? "ok" : std::string(name_of(result.error().code));
}

/// A FileSystem over an empty volume, without a kernel.
class FileSystemTest : public testing::Test {
  protected:
    explicit FileSystemTest(Volume& volume, Options options = {}) : fs(volume, std::move(options)) {}
    ~FileSystemTest() override { fs.close_all(); }

    NodeId mkdir(NodeId dir, std::string_view name, std::uint32_t mode = 0755) {
        return node_of(fs.mkdir(root_caller(), dir, name, mode));
    }
    NodeId mkfile(NodeId dir, std::string_view name, std::string_view content = {},
                  std::uint32_t mode = 0644) {
        const auto made = fs.create(root_caller(), dir, name, mode, O_RDWR);
        EXPECT_EQ(outcome(made), "ok") << name;
        if (!made) return {};
        EXPECT_EQ(outcome(fs.write({}, made->opened.handle, 0,
                                   std::as_bytes(std::span(content.data(), content.size())))),
                  "ok");
        fs.release(made->opened.handle);
        return made->entry.attr.node;
    }
    void set(NodeId node, std::string_view name, std::string_view value) {
        EXPECT_EQ(outcome(fs.setxattr(root_caller(), node, name, value, 0)), "ok") << name;
    }
    NodeId node_of(const Result<Entry>& entry) {
        EXPECT_EQ(outcome(entry), "ok");
        return entry ? entry->attr.node : NodeId{};
    }
    /// Looks a path up, component by component, as the kernel does. Below the query directory components hold no slash.
    Result<Entry> find(const Caller& caller, std::string_view path) {
        Result<Entry> entry = Entry{};
        NodeId node = kRootNode;
        while (!path.empty()) {
            const std::size_t slash = std::min(path.find('/'), path.size());
            entry = fs.lookup(caller, node, path.substr(0, slash));
            if (!entry) return entry;
            node = entry->attr.node;
            path.remove_prefix(std::min(slash + 1, path.size()));
        }
        return entry;
    }
    NodeId at(std::string_view path) { return node_of(find(root_caller(), path)); }

    /// The whole content, read in pieces of `piece` bytes.
    std::string read(const Caller& caller, NodeId node, std::size_t piece = 4096) {
        const auto opened = fs.open(caller, node, O_RDONLY);
        if (!opened) return "cannot open: " + outcome(opened);
        std::string bytes;
        for (;;) {
            std::string buffer(piece, '?');
            const auto got = fs.read(caller, opened->handle, bytes.size(),
                                     std::as_writable_bytes(std::span(buffer.data(), buffer.size())));
            if (!got) bytes += "[" + outcome(got) + "]";
            if (!got || *got == 0) break;
            bytes.append(buffer, 0, *got);
        }
        fs.release(opened->handle);
        return bytes;
    }
    /// The names of a listing in its order, read in requests of `step` entries, "." and ".." left out.
    std::string list(const Caller& caller, NodeId dir, std::size_t step = 1000) {
        const auto handle = fs.opendir(caller, dir);
        if (!handle) return "cannot open: " + outcome(handle);
        const std::string names = list_from(caller, *handle, 0, step);
        fs.releasedir(*handle);
        return names;
    }
    std::string list_from(const Caller& caller, HandleId handle, std::uint64_t offset,
                          std::size_t step = 1000) {
        std::string names;
        for (std::size_t room = step; room == step;) {
            room = 0;
            const auto status = fs.readdir(caller, handle, offset, false, [&](const DirRecord& record) {
                if (room == step) return false;
                ++room;
                offset = record.next;
                if (record.name != "." && record.name != "..")
                    names += (names.empty() ? "" : " ") + record.name;
                return true;
            });
            if (!status) return names + "[" + outcome(status) + "]";
        }
        return names;
    }

    FileSystem fs;
};

struct ModelVolumeMember {
    ModelVolume volume;
};
/// The volume is the model.
class FsTest : protected ModelVolumeMember, public FileSystemTest {
  protected:
    FsTest() : FileSystemTest(volume) {}
};

}  // namespace asterope::fs

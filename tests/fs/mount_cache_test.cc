#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "engine/core/transaction_table.h"
#include "tests/fs/mounted_store.h"
#include "tests/seed.h"

/// The kernel keeps names, attributes, listings and pages without a time limit: it must ask for nothing that it knows, and hear of
/// every change that is not its own.
namespace asterope::fs {
namespace {

class MountCacheTest : public MountedStoreTest {
  protected:
    void SetUp() override {
        MountedStoreTest::SetUp();
        if (!IsSkipped()) start();
    }

    /// Requests of the kernel since the last call that somebody waited for, but for those of this question.
    std::map<std::string, std::uint64_t> asked() {
        char text[8192];
        const ssize_t size = ::getxattr(path("").c_str(), "user.asterope.requests", text, sizeof text);
        std::istringstream lines(std::string(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
        std::map<std::string, std::uint64_t> now, since;
        std::string kind;
        for (std::uint64_t count = 0; lines >> kind >> count;) now[kind] = count;
        for (const auto& [name, count] : now)
            if (count != before_[name]) since[name] = count - before_[name];
        if (--since["getxattr"] == 0) since.erase("getxattr");
        for (const char* const late : {"forget", "release", "releasedir"}) since.erase(late);  // nobody waits for them
        before_ = now;
        return since;
    }
    using Asked = std::map<std::string, std::uint64_t>;

    struct stat seen(const std::string& name) {
        struct stat st {};
        if (::lstat(path(name).c_str(), &st) != 0) st.st_nlink = 0;
        return st;
    }
    bool is_there(const std::string& name) { return ::access(path(name).c_str(), F_OK) == 0; }
    void put(NodeId dir, std::string_view name, std::string_view bytes) {
        auto content = volume().stage().value();
        ASSERT_TRUE(content->append(std::as_bytes(std::span(bytes))));
        PutRequest request;
        request.content = std::move(content);
        ASSERT_TRUE(volume().put(dir, name, std::move(request)));
        mount_->settle();
    }
    NodeId node(NodeId dir, std::string_view name) { return volume().lookup(dir, name).value().node; }

  private:
    Asked before_;
};

TEST_F(MountCacheTest, NothingIsAskedTwice) {
    // Not through the mount: a RELEASE comes when nobody waits for it any more, and its commit makes the kernel ask again.
    ASSERT_TRUE(volume().create(kRootNode, "d", {.type = NodeType::directory, .mode = 0755}));
    put(node(kRootNode, "d"), "small", "text");
    put(node(kRootNode, "d"), "large", std::string(300'000, 'x'));
    const auto use = [&] {
        EXPECT_EQ(names_in(path("d")), "large small");
        EXPECT_EQ(seen("d/small").st_size, 4);
        EXPECT_EQ(seen("d/large").st_size, 300'000);
        EXPECT_FALSE(is_there("d/missing"));
        EXPECT_FALSE(is_there("missing/f"));
    };
    for (int i = 0; i < 2; ++i) use();  // the first reading of a directory makes its time of access doubtful
    asked();
    for (int i = 0; i < 10; ++i) use();
    EXPECT_EQ(asked(), (Asked{{"opendir", 10}}));
    read_file(path("d/small"));
    asked();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(read_file(path("d/small")), "text");
    EXPECT_EQ(asked(), (Asked{{"open", 10}}));
}

TEST_F(MountCacheTest, ChangesOfOthersAreSeenAtOnce) {
    EXPECT_FALSE(is_there("f"));
    put(kRootNode, "f", "one");
    EXPECT_EQ(read_file(path("f")), "one") << "a name that was missing";
    put(kRootNode, "f", "other");
    EXPECT_EQ(read_file(path("f")), "other");
    const int open = ::open(path("f").c_str(), O_RDONLY);
    put(kRootNode, "f", "third");
    char byte = 0;
    EXPECT_EQ(::pread(open, &byte, 1, 0), 1);
    EXPECT_EQ(byte, 't') << "pages of a file that stayed open";
    ::close(open);
    EXPECT_EQ(names_in(path("")), "f query");
    ASSERT_TRUE(volume().create(kRootNode, "d", {.type = NodeType::directory}));
    ASSERT_TRUE(volume().rename({kRootNode, "f"}, {node(kRootNode, "d"), "g"}, RenameMode::replace));
    mount_->settle();
    EXPECT_EQ(names_in(path("")), "d query");
    EXPECT_FALSE(is_there("f"));
    EXPECT_EQ(read_file(path("d/g")), "third");
    AttrChange change;
    change.mode = 0600;
    ASSERT_TRUE(volume().setattr(node(node(kRootNode, "d"), "g"), change));
    ASSERT_TRUE(volume().link(node(node(kRootNode, "d"), "g"), kRootNode, "h"));
    mount_->settle();
    EXPECT_EQ(seen("d/g").st_mode & 07777, 0600u);
    EXPECT_EQ(seen("d/g").st_nlink, 2u);
    ASSERT_TRUE(volume().unlink(node(kRootNode, "d"), "g"));
    mount_->settle();
    EXPECT_FALSE(is_there("d/g"));
    EXPECT_EQ(seen("h").st_nlink, 1u);
}

TEST_F(MountCacheTest, ACommitIsSeenAtOnceAndNothingOfItBefore) {
    write_file(path("f"), "old");
    EXPECT_EQ(read_file(path("f")), "old");
    EXPECT_FALSE(is_there("new"));
    const auto transaction = volume().begin({}).value();
    ASSERT_TRUE(transaction->view().create(kRootNode, "new", {.type = NodeType::file}));
    ASSERT_TRUE(transaction->view().unlink(kRootNode, "f"));
    mount_->settle();
    EXPECT_EQ(read_file(path("f")), "old");
    EXPECT_FALSE(is_there("new"));
    ASSERT_TRUE(transaction->commit());
    mount_->settle();
    EXPECT_FALSE(is_there("f"));
    EXPECT_TRUE(is_there("new"));
}

/// Changes by programs in the mount and by others, at random; after each, all that the mount shows is what the volume has.
class RandomChanges {
  public:
    RandomChanges(Volume& volume, std::string root, std::uint64_t seed) : volume_(volume), root_(std::move(root)), random_(seed) {}

    void change() {
        const std::string from = place(), to = place();
        const bool by_kernel = below(2) == 0;
        switch (below(7)) {
            case 0: return by_kernel ? ignore(::mkdir((root_ + from).c_str(), 0755)) : create(from, NodeType::directory);
            case 1: return by_kernel ? ignore(::rmdir((root_ + from).c_str())) : remove(from, true);
            case 2: return by_kernel ? ignore(::unlink((root_ + from).c_str())) : remove(from, false);
            case 3: return by_kernel ? ignore(::rename((root_ + from).c_str(), (root_ + to).c_str())) : rename(from, to);
            case 4: return by_kernel ? ignore(::link((root_ + from).c_str(), (root_ + to).c_str())) : link(from, to);
            case 5: return by_kernel ? ignore(::chmod((root_ + from).c_str(), 0600 + static_cast<mode_t>(below(64)))) : chmod(from);
            default: return by_kernel ? write(from) : put(from);
        }
    }
    /// What differs between the mount and the volume; empty: nothing.
    std::string difference() { return difference_in(kRootNode, ""); }

  private:
    unsigned below(unsigned end) { return std::uniform_int_distribution<unsigned>(0, end - 1)(random_); }
    static void ignore(int) {}
    std::string place() {
        std::string where(1, static_cast<char>('a' + below(3)));
        for (unsigned depth = below(3); depth > 0; --depth) where += "/" + std::string(1, static_cast<char>('a' + below(3)));
        return where;
    }
    std::optional<Link> locate(const std::string& where) {
        Link link{kRootNode, where};
        for (std::size_t slash; (slash = link.name.find('/')) != std::string::npos;) {
            const auto dir = volume_.lookup(link.parent, link.name.substr(0, slash));
            if (!dir) return std::nullopt;
            link = {dir->node, link.name.substr(slash + 1)};
        }
        return link;
    }
    std::optional<NodeId> find(const std::string& where) {
        const auto link = locate(where);
        const auto attr = link ? volume_.lookup(link->parent, link->name) : Result<Attr>(fail(Errc::not_found));
        return attr ? std::optional(attr->node) : std::nullopt;
    }
    void create(const std::string& where, NodeType type) {
        if (const auto link = locate(where)) (void)volume_.create(link->parent, link->name, {.type = type, .mode = 0755});
    }
    void remove(const std::string& where, bool is_dir) {
        const auto link = locate(where);
        if (link && is_dir) (void)volume_.rmdir(link->parent, link->name);
        if (link && !is_dir) (void)volume_.unlink(link->parent, link->name);
    }
    void rename(const std::string& from, const std::string& to) {
        const auto source = locate(from), target = locate(to);
        if (source && target) (void)volume_.rename(*source, *target, RenameMode::replace);
    }
    void link(const std::string& from, const std::string& to) {
        const auto node = find(from);
        const auto target = locate(to);
        if (node && target) (void)volume_.link(*node, target->parent, target->name);
    }
    void chmod(const std::string& where) {
        AttrChange change;
        change.mode = 0600 + below(64);
        if (const auto node = find(where)) (void)volume_.setattr(*node, change);
    }
    std::string bytes() { return std::string(below(4) == 0 ? 9000 + below(9000) : below(300), static_cast<char>('a' + below(26))); }
    void write(const std::string& where) {
        if (const auto found = locate(where); !found) return;
        const int fd = ::open((root_ + where).c_str(), O_CREAT | O_WRONLY | (below(2) == 0 ? O_TRUNC : 0), 0644);
        if (fd < 0) return;
        const std::string content = bytes();
        EXPECT_EQ(::pwrite(fd, content.data(), content.size(), below(200)), static_cast<ssize_t>(content.size()));
        ::close(fd);
    }
    void put(const std::string& where) {
        const auto link = locate(where);
        if (!link) return;
        auto content = volume_.stage().value();
        const std::string text = bytes();
        ASSERT_TRUE(content->append(std::as_bytes(std::span(text))));
        PutRequest request;
        request.content = std::move(content);
        (void)volume_.put(link->parent, link->name, std::move(request));
    }

    std::string difference_in(NodeId dir, const std::string& where) {
        std::string expected;
        auto entries = volume_.list(dir, 0, 1000).value();
        std::ranges::sort(entries, {}, &DirEntry::name);
        for (const DirEntry& entry : entries) expected += (expected.empty() ? "" : " ") + entry.name;
        std::string found = names_in(root_ + where);
        if (where.empty()) found = std::filesystem::path(found).string(), found.resize(found.rfind("query")), found.erase(found.find_last_not_of(' ') + 1);
        if (found != expected) return where + ": '" + found + "' instead of '" + expected + "'";
        for (const DirEntry& entry : entries)
            if (auto text = difference_of(entry, where + entry.name); !text.empty()) return text;
        return "";
    }
    std::string difference_of(const DirEntry& entry, const std::string& where) {
        const Attr attr = volume_.getattr(entry.node).value();
        struct stat st {};
        if (::lstat((root_ + where).c_str(), &st) != 0) return where + ": cannot be found";
        const auto differs = [&](const char* what, auto seen, auto real) {
            return seen == real ? "" : where + ": " + what + " " + std::to_string(seen) + " instead of " + std::to_string(real);
        };
        for (const std::string& text :
             {differs("node", st.st_ino, raw(attr.node)), differs("mode", st.st_mode & 07777, attr.mode),
              differs("nlink", std::uint64_t{st.st_nlink}, std::uint64_t{attr.nlink}),
              differs("size", static_cast<std::uint64_t>(st.st_size), attr.size),
              differs("blocks", static_cast<std::uint64_t>(st.st_blocks), attr.blocks),
              differs("mtime", st.st_mtim.tv_nsec, long{attr.mtime.nanoseconds}),
              differs("ctime", st.st_ctim.tv_nsec, long{attr.ctime.nanoseconds})})
            if (!text.empty()) return text;
        if (attr.type == NodeType::directory) return difference_in(attr.node, where + "/");
        auto file = volume_.open(attr.node, {OpenMode::read, false}).value();
        std::string real(attr.size, '\0');
        EXPECT_EQ(file->read(0, std::as_writable_bytes(std::span(real))).value(), real.size());
        return read_file(root_ + where) == real ? "" : where + ": other bytes";
    }

    Volume& volume_;
    const std::string root_;
    std::mt19937_64 random_;
};

TEST_F(MountCacheTest, WhateverIsChangedByWhomeverTheMountShowsTheVolume) {
    RandomChanges changes(volume(), path(""), seed_of_test());
    for (int i = 0; i < 600; ++i) {
        changes.change();
        mount_->settle();
        const std::string difference = changes.difference();
        ASSERT_EQ(difference, "") << "after change " << i;
    }
}

}  // namespace
}  // namespace asterope::fs

#include "engine/core/transaction_table.h"
#include "tests/fs/fs_fixture.h"
#include "tests/storage/temporary_store.h"

namespace asterope::fs {
namespace {

struct StoreMember {
    TemporaryStore store;
    TransactionTable table{store.volume()};
};

/// A FileSystem over a store on disk, which has transactions.
class TransactionDirTest : protected StoreMember, public FileSystemTest {
  protected:
    TransactionDirTest() : FileSystemTest(store.volume(), {.transactions = &table}) {}

    NodeId begin(std::string_view name, const Caller& caller = root_caller()) {
        return node_of(fs.mkdir(caller, kTransactions, name, 0755));
    }
    std::string commit(std::string_view name, const Caller& caller = root_caller()) {
        return outcome(fs.rename(caller, {kTransactions, std::string(name)}, {kTransactions, ".commit"}, 0));
    }
    std::string abort(std::string_view name, const Caller& caller = root_caller()) {
        return outcome(fs.rmdir(caller, kTransactions, name));
    }
    std::string found(std::string_view path) { return outcome(find(root_caller(), path)); }
    std::string content(std::string_view path) {
        const auto entry = find(root_caller(), path);
        return entry ? read(root_caller(), entry->attr.node) : "[" + outcome(entry) + "]";
    }
    std::string reason(const Caller& caller = root_caller()) {
        const auto text = fs.getxattr(caller, kTransactions, "user.asterope.error");
        return text ? *text : "[" + outcome(text) + "]";
    }
    std::string names_of(NodeId dir) { return list(root_caller(), dir); }
};

}  // namespace

TEST_F(TransactionDirTest, TheDirectoryIsReachedByNameAndNotListed) {
    EXPECT_EQ(names_of(kRootNode), "query");
    EXPECT_EQ(names_of(at(".asterope")), "tx snapshots");
    EXPECT_EQ(names_of(at(".asterope/tx")), "");
    begin("a");
    begin("b");
    for (const std::size_t step : {1, 2, 1000}) EXPECT_EQ(list(root_caller(), kTransactions, step), "a b");
    EXPECT_EQ(found(".asterope/tx/a/.asterope"), "not_found") << "no transaction inside another";
}

TEST_F(TransactionDirTest, WhatIsDoneInsideIsSeenInsideAndOutsideAfterTheCommit) {
    mkfile(mkdir(kRootNode, "study"), "old", "before");
    const NodeId root = begin("t");
    const NodeId file = mkfile(root, "new", "content");
    set(file, "user.kind", "new");
    mkfile(at(".asterope/tx/t/study"), "deep", "content");
    ASSERT_EQ(outcome(fs.rename(root_caller(), {root, "study"}, {root, "moved"}, 0)), "ok");

    EXPECT_EQ(names_of(root), "query new moved");
    EXPECT_EQ(content(".asterope/tx/t/moved/old"), "before");
    EXPECT_EQ(names_of(at(".asterope/tx/t/query/kind=new")), "new");
    EXPECT_EQ(content(".asterope/tx/t/query/kind=new/new"), "content");
    EXPECT_EQ(content(".asterope/tx/t/query/kind=new/.count"), "1\n");
    EXPECT_EQ(*fs.getxattr(root_caller(), at(".asterope/tx/t/new"), "user.asterope.json"),
              R"({"kind":"new"})");
    EXPECT_EQ(names_of(kRootNode), "query study");
    EXPECT_EQ(names_of(at("query/kind=new")), "");

    EXPECT_EQ(commit("t"), "ok");
    EXPECT_EQ(names_of(kRootNode), "query new moved");
    EXPECT_EQ(content("moved/deep"), "content");
    EXPECT_EQ(names_of(at("query/kind=new")), "new");
    EXPECT_EQ(found(".asterope/tx/t"), "not_found");
    EXPECT_EQ(found(".asterope/tx/.commit"), "not_found");
}

TEST_F(TransactionDirTest, NodesInsideHaveNumbersOfTheirOwn) {
    const NodeId outside = mkfile(kRootNode, "f");
    begin("a");
    begin("b");
    const NodeId in_a = at(".asterope/tx/a/f"), in_b = at(".asterope/tx/b/f");
    EXPECT_NE(in_a, outside);
    EXPECT_NE(in_a, in_b);
    EXPECT_EQ(own(in_a), outside);
    EXPECT_EQ(fs.getattr(root_caller(), in_a)->attr.node, in_a);
    EXPECT_EQ(fs.setattr(root_caller(), in_a, mode_change(0600), std::nullopt)->attr.node, in_a);
    const auto handle = fs.opendir(root_caller(), at(".asterope/tx/a"));
    ASSERT_EQ(outcome(handle), "ok");
    ASSERT_EQ(outcome(fs.readdir(root_caller(), *handle, 2, true,
                                 [&](const DirRecord& record) {
                                     if (record.name == "f") {
                                         EXPECT_EQ(record.node, in_a);
                                         EXPECT_EQ(record.entry->attr.node, in_a);
                                     }
                                     return true;
                                 })),
              "ok");
    fs.releasedir(*handle);
}

TEST_F(TransactionDirTest, OfTwoThatChangeTheSameTheSecondIsToldWhy) {
    mkfile(kRootNode, "f", "0");
    set(at("f"), "user.n", "0");
    begin("first");
    begin("second");
    set(at(".asterope/tx/first/f"), "user.n", "1");
    set(at(".asterope/tx/second/f"), "user.n", "2");
    EXPECT_EQ(commit("first"), "ok");
    EXPECT_EQ(reason(), "[no_attribute]");
    EXPECT_EQ(commit("second"), "conflict");
    EXPECT_NE(reason().find("another has changed the same"), std::string::npos) << reason();
    EXPECT_EQ(reason(user(7, 8)), "[no_attribute]") << "each user is told his own";
    EXPECT_EQ(*fs.getxattr(root_caller(), at("f"), "user.n"), "1");
    EXPECT_EQ(names_of(kTransactions), "") << "the loser is gone too";
    begin("second");
    set(at(".asterope/tx/second/f"), "user.n", "2");
    EXPECT_EQ(commit("second"), "ok") << "the name is free, and a new try succeeds";
}

TEST_F(TransactionDirTest, TheNameChoosesTheIsolation) {
    mkfile(kRootNode, "read", "0");
    const auto read_then_write = [&](const std::string& name) {
        begin(name);
        EXPECT_EQ(content(".asterope/tx/" + name + "/read"), "0");
        mkfile(at(".asterope/tx/" + name), "written by " + name);
    };
    for (const char* name : {"a@snapshot", "b@serializable@sync", "c@read_committed"}) read_then_write(name);
    set(at("read"), "user.changed", "yes");
    EXPECT_EQ(outcome(fs.getxattr(root_caller(), at(".asterope/tx/a@snapshot/read"), "user.changed")),
              "no_attribute");
    EXPECT_EQ(*fs.getxattr(root_caller(), at(".asterope/tx/c@read_committed/read"), "user.changed"), "yes");
    EXPECT_EQ(commit("a@snapshot"), "ok");
    EXPECT_EQ(commit("b@serializable@sync"), "conflict") << "what it read has changed";
    EXPECT_EQ(commit("c@read_committed"), "ok");
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), kTransactions, "x@safe", 0755)), "invalid");
    EXPECT_NE(reason().find("@serializable"), std::string::npos) << reason();
}

TEST_F(TransactionDirTest, RmdirAbortsWhateverIsInside) {
    mkfile(kRootNode, "f", "before");
    const NodeId root = begin("t");
    mkfile(root, "new", "content");
    ASSERT_EQ(outcome(fs.unlink(root, "f")), "ok");
    EXPECT_EQ(abort("t"), "ok");
    EXPECT_EQ(content("f"), "before");
    EXPECT_EQ(found("new"), "not_found");
    EXPECT_EQ(names_of(kTransactions), "");
    EXPECT_EQ(abort("t"), "not_found");
}

TEST_F(TransactionDirTest, AfterTheEndEverythingInsideIsStale) {
    for (const bool committed : {true, false}) {
        const NodeId root = begin("t");
        const NodeId file = mkfile(root, "f", "text"), results = at(".asterope/tx/t/query/x=1");
        const auto open = fs.open(root_caller(), file, O_RDWR);
        const auto dir = fs.opendir(root_caller(), root);
        ASSERT_EQ(committed ? commit("t") : abort("t"), "ok");
        for (const NodeId node : {root, file, results})
            EXPECT_EQ(outcome(fs.getattr(root_caller(), node)), "stale");
        EXPECT_EQ(outcome(fs.lookup(root_caller(), root, "f")), "stale");
        EXPECT_EQ(outcome(fs.mkdir(root_caller(), root, "d", 0755)), "stale");
        EXPECT_EQ(outcome(fs.write({}, open->handle, 0, {})), "stale");
        EXPECT_EQ(outcome(fs.flush(open->handle)), "stale");
        fs.release(open->handle);
        fs.releasedir(*dir);
        EXPECT_EQ(fs.open_count(), 0u);
    }
}

TEST_F(TransactionDirTest, AnotherUsersTransactionIsClosed) {
    const Caller alice = user(7, 7), bob = user(8, 8);
    begin("t", alice);
    EXPECT_EQ(outcome(find(alice, ".asterope/tx/t/query")), "ok");
    EXPECT_EQ(outcome(find(bob, ".asterope/tx/t")), "permission");
    EXPECT_EQ(commit("t", bob), "permission");
    EXPECT_EQ(abort("t", bob), "permission");
    EXPECT_EQ(outcome(find(root_caller(), ".asterope/tx/t")), "ok") << "root may enter all";
    EXPECT_EQ(commit("t", alice), "ok");
}

TEST_F(TransactionDirTest, NothingCrossesFromOneViewToAnother) {
    const NodeId file = mkfile(kRootNode, "f", "content");
    const NodeId root = begin("t");
    const NodeId inside = mkfile(root, "g", "more");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {kRootNode, "f"}, {root, "f2"}, 0)), "cross_device");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {root, "g"}, {kRootNode, "g"}, 0)), "cross_device");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {kRootNode, "f"}, {kTransactions, "f"}, 0)), "cross_device");
    EXPECT_EQ(outcome(fs.link(file, root, "f2")), "cross_device");
    EXPECT_EQ(outcome(fs.link(inside, kRootNode, "g")), "cross_device");
    const auto from = fs.open(root_caller(), file, O_RDONLY), to = fs.open(root_caller(), inside, O_RDWR);
    EXPECT_EQ(*fs.copy_file_range({}, from->handle, 0, to->handle, 4, 100), 7u) << "bytes do, as cp asks";
    EXPECT_EQ(read(root_caller(), inside), "morecontent");
    fs.release(from->handle);
    fs.release(to->handle);
}

TEST_F(TransactionDirTest, TheDirectoriesThemselvesCannotBeChanged) {
    begin("t");
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), kTransactions, "t", 0755)), "exists");
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), kTransactions, ".commit", 0755)), "invalid");
    EXPECT_EQ(outcome(fs.rename(root_caller(), {kTransactions, "t"}, {kTransactions, "u"}, 0)),
              "not_permitted");
    for (const NodeId dir : {kViewTreeRoot, kTransactions, kSnapshots}) {
        EXPECT_EQ(outcome(fs.create(root_caller(), dir, "x", 0644, O_RDWR)), "not_permitted");
        EXPECT_EQ(outcome(fs.symlink(root_caller(), dir, "x", "y")), "not_permitted");
        EXPECT_EQ(outcome(fs.unlink(dir, "t")), "not_permitted");
        EXPECT_EQ(outcome(fs.setattr(root_caller(), dir, mode_change(0), std::nullopt)), "not_permitted");
        EXPECT_EQ(outcome(fs.setxattr(root_caller(), dir, "user.x", "y", 0)), "not_permitted");
    }
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), kViewTreeRoot, "x", 0755)), "not_permitted");
    EXPECT_EQ(outcome(fs.rmdir(root_caller(), kViewTreeRoot, "tx")), "not_permitted");
}

TEST_F(TransactionDirTest, OneThatEndedElsewhereIsNoLongerThere) {
    begin("by name");
    ASSERT_EQ(outcome(table.commit("by name")), "ok");
    EXPECT_EQ(found(".asterope/tx/by name"), "not_found");
    begin("idle");
    table.find("idle").value()->abort();
    EXPECT_EQ(found(".asterope/tx/idle"), "not_found");
    EXPECT_EQ(names_of(kTransactions), "");
    EXPECT_NE(begin("idle"), NodeId{});
}

TEST_F(TransactionDirTest, ACommitMakesTheKernelAskAgainForWhatItChanged) {
    struct Recorder : KernelCache {
        void drop(Stale stale) override { stales.push_back(std::move(stale)); }
        void settle() override { settled = stales.size(); }
        std::vector<Stale> stales;
        std::size_t settled = 0;
    } dropped;
    const OriginScope as(fs.origin());  // as the handlers of requests have it
    fs.set_kernel_cache(dropped);
    const NodeId dir = mkdir(kRootNode, "d"), file = mkfile(dir, "f", "old");
    mkfile(kRootNode, "other");
    begin("t");
    const NodeId view_dir = at(".asterope/tx/t/d");
    const auto open = fs.open(root_caller(), at(".asterope/tx/t/d/f"), O_WRONLY | O_TRUNC);
    fs.release(open->handle);
    ASSERT_EQ(outcome(fs.rename(root_caller(), {view_dir, "f"}, {at(".asterope/tx/t"), "g"}, 0)), "ok");
    EXPECT_TRUE(dropped.stales.empty()) << "nothing outside has changed yet";
    ASSERT_EQ(commit("t"), "ok");
    ASSERT_EQ(dropped.stales.size(), 1u);
    EXPECT_EQ(dropped.settled, 1u) << "before the commit is answered";
    EXPECT_EQ(dropped.stales[0].nodes, (std::set<NodeId>{kRootNode, dir, file}));
    EXPECT_EQ(std::ranges::count(dropped.stales[0].names, Link{dir, "f"}), 1);
}

TEST_F(TransactionDirTest, AViewIsKeptAsLongAsTheKernelKnowsANodeOfIt) {
    const NodeId first = begin("t");
    EXPECT_EQ(at(".asterope/tx/t"), first);
    const NodeId file = mkfile(first, "f");
    fs.forget(first, 2);
    EXPECT_EQ(outcome(fs.getattr(root_caller(), file)), "ok");
    fs.forget(file, 1);
    EXPECT_EQ(outcome(fs.getattr(root_caller(), file)), "stale");
    EXPECT_EQ(found(".asterope/tx/t/f"), "ok") << "the transaction goes on under another number";
    EXPECT_EQ(commit("t"), "ok");
}

TEST_F(TransactionDirTest, PathsOfResultsLeadIntoTheTransaction) {
    FileSystem mounted(store.volume(), {.mountpoint = "/mnt/x", .transactions = &table});
    const NodeId root = node_of(mounted.mkdir(root_caller(), kTransactions, "t", 0755));
    const NodeId file = node_of(mounted.mknod(root_caller(), root, "f", NodeType::file, 0644, 0));
    ASSERT_EQ(outcome(mounted.setxattr(root_caller(), file, "user.a", "1", 0)), "ok");
    NodeId node = root;
    for (const char* name : {"query", "a=1", ".paths0"})
        node = node_of(mounted.lookup(root_caller(), node, name));
    const auto opened = mounted.open(root_caller(), node, O_RDONLY);
    std::string text(100, '?');
    const auto got = mounted.read(root_caller(), opened->handle, 0, std::as_writable_bytes(std::span(text)));
    EXPECT_EQ(text.substr(0, *got), std::string("/mnt/x/.asterope/tx/t/f") + '\0');
    mounted.close_all();
}

}  // namespace asterope::fs

#include "tests/fs/fs_fixture.h"

namespace asterope::fs {
namespace {

class QueryTreeTest : public FsTest {
  protected:
    NodeId tagged(NodeId dir, std::string_view name, std::string_view field, std::string_view value) {
        const NodeId node = mkfile(dir, name, name);
        set(node, "user." + std::string(field), value);
        return node;
    }
    std::string error_of(const Caller& caller) {
        const auto text = fs.getxattr(caller, at("query"), "user.asterope.error");
        return text ? *text : "[" + outcome(text) + "]";
    }
};

}  // namespace

TEST_F(QueryTreeTest, ListsOnlyReadmeAndSavedQueries) {
    tagged(kRootNode, "f", "a", "1");
    EXPECT_EQ(list(root_caller(), at("query")), "README");
    EXPECT_EQ(outcome(fs.mkdir(user(7, 8), at("query/@saved"), "mine", 0755)), "ok");
    for (const std::size_t step : {1, 2, 1000})
        EXPECT_EQ(list(root_caller(), at("query"), step), "README mine");
    EXPECT_EQ(list(root_caller(), at("query/@saved")), "mine");
    EXPECT_EQ(list(root_caller(), at("query/@saved/mine")), "");
    const std::string readme = read(root_caller(), at("query/README"));
    EXPECT_EQ(readme.size(), find(root_caller(), "query/README")->attr.size);
    EXPECT_NE(readme.find("PatientID=12345"), std::string::npos);
}

TEST_F(QueryTreeTest, ResultsAreTheRealFiles) {
    const NodeId dir = mkdir(kRootNode, "study");
    const NodeId file = tagged(dir, "ct.dcm", "Modality", "CT");
    tagged(dir, "mr.dcm", "Modality", "MR");
    EXPECT_EQ(list(root_caller(), at("query/Modality=CT")), "study%2Fct.dcm");
    const auto result = find(root_caller(), "query/Modality=CT/study%2Fct.dcm");
    ASSERT_EQ(outcome(result), "ok");
    EXPECT_EQ(result->attr, *volume.getattr(file));
    EXPECT_EQ(result->entry_seconds, 0) << "the kernel must ask again";
    EXPECT_EQ(result->attr_seconds, 0);
    EXPECT_EQ(read(root_caller(), result->attr.node), "ct.dcm");
    EXPECT_EQ(outcome(find(root_caller(), "query/Modality=CT/study%2Fmr.dcm")), "not_found");
    EXPECT_EQ(outcome(find(root_caller(), "query/Modality=CT/study")), "not_found")
        << "results are never directories";
}

TEST_F(QueryTreeTest, LevelsNarrow) {
    const NodeId both = tagged(kRootNode, "both", "a", "1");
    set(both, "user.b", "2");
    tagged(kRootNode, "one", "a", "1");
    EXPECT_EQ(list(root_caller(), at("query/a=1")), "both one");
    EXPECT_EQ(list(root_caller(), at("query/a=1/b=2")), "both");
    EXPECT_EQ(outcome(find(root_caller(), "query/a=1/b=2/both")), "ok");
    EXPECT_EQ(outcome(find(root_caller(), "query/a=1/b=2/one")), "not_found");
}

TEST_F(QueryTreeTest, NothingInsideCanBeChanged) {
    const NodeId file = tagged(kRootNode, "f", "a", "1");
    const NodeId results = at("query/a=1");
    for (const NodeId dir : {at("query"), results}) {
        EXPECT_EQ(outcome(fs.create(root_caller(), dir, "x", 0644, O_RDWR)), "read_only");
        EXPECT_EQ(outcome(fs.mkdir(root_caller(), dir, "x", 0755)), "read_only");
        EXPECT_EQ(outcome(fs.mknod(root_caller(), dir, "x", NodeType::fifo, 0644, 0)), "read_only");
        EXPECT_EQ(outcome(fs.symlink(root_caller(), dir, "x", "y")), "read_only");
        EXPECT_EQ(outcome(fs.link(file, dir, "x")), "read_only");
        EXPECT_EQ(outcome(fs.unlink(dir, "f")), "read_only");
        EXPECT_EQ(outcome(fs.rmdir(root_caller(), dir, "f")), "read_only");
        EXPECT_EQ(outcome(fs.rename(root_caller(), {dir, "f"}, {kRootNode, "g"}, 0)), "read_only");
        EXPECT_EQ(outcome(fs.rename(root_caller(), {kRootNode, "f"}, {dir, "g"}, 0)), "read_only");
        EXPECT_EQ(outcome(fs.setattr(root_caller(), dir, {}, std::nullopt)), "read_only");
        EXPECT_EQ(outcome(fs.setxattr(root_caller(), dir, "user.x", "y", 0)), "read_only");
    }
    EXPECT_EQ(outcome(fs.open(root_caller(), at("query/a=1/.count"), O_RDWR)), "read_only");
    EXPECT_EQ(outcome(fs.link(at("query/a=1/f"), kRootNode, "hard")), "ok")
        << "a result is a file like any other";
}

TEST_F(QueryTreeTest, AMistakeDoesNotExistAndTellsEachUserWhy) {
    EXPECT_EQ(error_of(root_caller()), "[no_attribute]");
    EXPECT_EQ(outcome(find(user(7, 8), "query/a >= ")), "not_found");
    EXPECT_EQ(outcome(find(user(9, 8), "query/(b = 1")), "not_found");
    EXPECT_NE(error_of(user(7, 8)).find("a >="), std::string::npos) << error_of(user(7, 8));
    EXPECT_NE(error_of(user(9, 8)).find("(b = 1"), std::string::npos) << error_of(user(9, 8));
    EXPECT_EQ(error_of(root_caller()), "[no_attribute]");
}

TEST_F(QueryTreeTest, KeysWithSpecialBytesAreFoundByTheNamesListed) {
    const std::string long_name(250, 'n');
    const NodeId deep = mkdir(mkdir(kRootNode, long_name), "(x) @=%");
    tagged(kRootNode, ".hidden", "a", "1");
    tagged(kRootNode, "(p)=@%", "a", "1");
    tagged(deep, long_name, "a", "1");
    tagged(deep, ".count", "a", "1");
    const auto handle = fs.opendir(root_caller(), at("query/a=1"));
    ASSERT_EQ(outcome(handle), "ok");
    std::vector<DirRecord> records;
    ASSERT_EQ(outcome(fs.readdir(root_caller(), *handle, 2, true,
                                 [&](const DirRecord& record) {
                                     records.push_back(record);
                                     return true;
                                 })),
              "ok");
    fs.releasedir(*handle);
    ASSERT_EQ(records.size(), 4u);
    for (const auto& record : records) {
        EXPECT_LE(record.name.size(), limits::kNameBytes);
        EXPECT_FALSE(record.entry) << "every result is looked up, whoever listed it";
        const auto found = fs.lookup(root_caller(), at("query/a=1"), record.name);
        ASSERT_EQ(outcome(found), "ok") << record.name;
        EXPECT_EQ(found->attr.node, record.node);
    }
}

TEST_F(QueryTreeTest, AResultIsReachedOnlyByThoseWhoCouldReachItsPath) {
    const NodeId shared = mkdir(kRootNode, "shared", 0750);
    SetAttr change;
    change.gid = 50;
    ASSERT_EQ(outcome(fs.setattr(root_caller(), shared, change, std::nullopt)), "ok");
    tagged(shared, "f", "a", "1");
    tagged(kRootNode, "open", "a", "1");
    const Caller member = user(7, 8, {50}), stranger = user(7, 8);
    EXPECT_EQ(outcome(find(member, "query/a=1/shared%2Ff")), "ok");
    EXPECT_EQ(outcome(find(stranger, "query/a=1/shared%2Ff")), "permission");
    EXPECT_EQ(list(member, at("query/a=1")), "open shared%2Ff");
    EXPECT_EQ(list(stranger, at("query/a=1")), "open");
    EXPECT_EQ(read(member, at("query/a=1/.count")), "2\n");
    EXPECT_EQ(read(stranger, at("query/a=1/.count")), "1\n");
    EXPECT_EQ(*fs.getxattr(stranger, at("query/a=1"), "user.asterope.count"), "1");
}

TEST_F(QueryTreeTest, DocumentsAreShownOnlyOfReadableFiles) {
    const NodeId secret = tagged(kRootNode, "secret", "a", "1");
    SetAttr change;
    change.mode = 0600;
    ASSERT_EQ(outcome(fs.setattr(root_caller(), secret, change, std::nullopt)), "ok");
    EXPECT_EQ(read(user(7, 8), at("query/a=1/.json")), "");
    EXPECT_EQ(read(user(7, 8), at("query/a=1/.csv")), "key\n");
    EXPECT_EQ(read(root_caller(), at("query/a=1/.json")),
              "{\"key\":\"secret\",\"document\":{\"a\":\"1\"}}\n");
    EXPECT_EQ(list(user(7, 8), at("query/a=1")), "secret") << "its name is no secret";
}

TEST_F(QueryTreeTest, AResultDirectoryIsStableWhileItIsOpen) {
    for (int i = 0; i < 10; ++i) tagged(kRootNode, "f" + std::to_string(i), "a", "1");
    const auto handle = fs.opendir(root_caller(), at("query/a=1"));
    ASSERT_EQ(outcome(handle), "ok");
    tagged(kRootNode, "f-new", "a", "1");
    set(at("f5"), "user.a", "2");
    EXPECT_EQ(list_from(root_caller(), *handle, 0, 3), "f0 f1 f2 f3 f4 f5 f6 f7 f8 f9");
    EXPECT_EQ(list_from(root_caller(), *handle, 5, 3), "f3 f4 f5 f6 f7 f8 f9") << "an earlier offset, again";
    EXPECT_EQ(list_from(root_caller(), *handle, 0, 3), "f-new f0 f1 f2 f3 f4 f6 f7 f8 f9")
        << "rewinddir asks again";
    fs.releasedir(*handle);
}

TEST_F(QueryTreeTest, ALongListingIsReadFromAnyEarlierOffset) {
    constexpr int kFiles = 20000;
    for (int i = 0; i < kFiles; ++i) {
        ASSERT_EQ(
            outcome(volume.create(kRootNode, "f" + std::to_string(100000 + i), {.document = {{"a", "1"}}})),
            "ok");
    }
    const auto handle = fs.opendir(root_caller(), at("query/a=1"));
    std::vector<DirRecord> all;
    const auto collect = [&](std::vector<DirRecord>& into, std::size_t count) {
        return [&into, count](const DirRecord& record) {
            if (into.size() == count) return false;
            into.push_back(record);
            return true;
        };
    };
    ASSERT_EQ(outcome(fs.readdir(root_caller(), *handle, 0, false, collect(all, SIZE_MAX))), "ok");
    ASSERT_EQ(all.size(), kFiles + 2u);
    for (const std::size_t from :
         {std::size_t{2}, std::size_t{100}, std::size_t{9999}, std::size_t{kFiles - 1}}) {
        std::vector<DirRecord> some;
        ASSERT_EQ(outcome(fs.readdir(root_caller(), *handle, all[from].next, false, collect(some, 2))), "ok");
        ASSERT_GE(some.size(), 1u);
        EXPECT_EQ(some[0].name, all[from + 1].name);
    }
    fs.releasedir(*handle);
}

TEST_F(QueryTreeTest, AnInterruptEndsTheEvaluationAndTheNextReadGoesOn) {
    for (int i = 0; i < 2000; ++i) {
        ASSERT_EQ(
            outcome(volume.create(kRootNode, "f" + std::to_string(10000 + i), {.document = {{"a", "1"}}})),
            "ok");
    }
    std::stop_source stopped;
    stopped.request_stop();
    Caller interrupted = root_caller();
    interrupted.stop = stopped.get_token();
    EXPECT_EQ(outcome(fs.opendir(interrupted, at("query/a=1"))), "interrupted");

    const auto handle = fs.opendir(root_caller(), at("query/a=1"));
    ASSERT_EQ(outcome(handle), "ok");
    std::vector<DirRecord> seen;
    const auto take = [&](const DirRecord& record) {
        seen.push_back(record);
        return true;
    };
    EXPECT_EQ(outcome(fs.readdir(interrupted, *handle, 0, false, take)), "interrupted");
    EXPECT_EQ(outcome(fs.readdir(root_caller(), *handle, seen.back().next, false, take)), "ok");
    fs.releasedir(*handle);
    ASSERT_EQ(seen.size(), 2002u);
    for (std::size_t i = 3; i < seen.size(); ++i) EXPECT_LT(seen[i - 1].name, seen[i].name);
}

TEST_F(QueryTreeTest, SavedQueriesAreKeptInTheVolume) {
    tagged(kRootNode, "f", "a", "1");
    const auto made = fs.mkdir(user(7, 8), at("query/@saved"), "mine", 0755);
    ASSERT_EQ(outcome(made), "ok");
    EXPECT_EQ(made->attr.uid, 7u);
    EXPECT_EQ(outcome(find(root_caller(), "query/mine")), "not_found") << "it has no expression yet";
    EXPECT_EQ(outcome(fs.setxattr(user(7, 8), made->attr.node, "user.query", "a = ", 0)), "invalid");
    EXPECT_NE(error_of(user(7, 8)), "[no_attribute]");
    EXPECT_EQ(outcome(fs.setxattr(user(7, 8), made->attr.node, "user.query", "a = 1", 0)), "ok");
    EXPECT_EQ(list(root_caller(), at("query/mine")), "f");
    FileSystem again(volume);
    const NodeId saved = again.lookup(root_caller(), kQueryRoot, "@saved")->attr.node;
    const auto entry = again.lookup(root_caller(), saved, "mine");
    ASSERT_EQ(outcome(entry), "ok");
    EXPECT_EQ(*again.getxattr(root_caller(), entry->attr.node, "user.query"), "a = 1");
    EXPECT_EQ(*again.listxattr(root_caller(), entry->attr.node), (std::vector<std::string>{"user.query"}));
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), at("query/@saved"), "mine", 0755)), "exists");
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), at("query/@saved"), "README", 0755)), "invalid");
    EXPECT_EQ(outcome(fs.mkdir(root_caller(), at("query/@saved"), "@x", 0755)), "invalid");
    EXPECT_EQ(outcome(fs.rmdir(root_caller(), at("query/@saved"), "mine")), "ok");
    EXPECT_EQ(list(root_caller(), at("query")), "README");
}

TEST_F(QueryTreeTest, ASavedNameComesBeforeAnExpression) {
    tagged(kRootNode, "f", "a", "1");
    const auto made = fs.mkdir(root_caller(), at("query/@saved"), "b=2", 0755);
    ASSERT_EQ(outcome(made), "ok");
    set(made->attr.node, "user.query", "a = 1");
    EXPECT_EQ(list(root_caller(), at("query/b=2")), "f");
}

TEST_F(QueryTreeTest, NodesLiveAsLongAsTheKernelKnowsThem) {
    const NodeId first = at("query/a=1");
    EXPECT_TRUE(is_query_node(first));
    EXPECT_EQ(at("query/a=1"), first);
    EXPECT_NE(at("query/a=2"), first);
    fs.forget(first, 1);
    EXPECT_EQ(outcome(fs.getattr(root_caller(), first)), "ok");
    fs.forget(first, 1);
    EXPECT_EQ(outcome(fs.getattr(root_caller(), first)), "stale");
    EXPECT_NE(at("query/a=1"), first);
    fs.forget(at("query"), 100);
    EXPECT_EQ(outcome(find(root_caller(), "query/README")), "ok") << "the fixed ones stay";
}

}  // namespace asterope::fs

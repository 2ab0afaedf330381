#include "tests/fs/volume_conformance.h"

namespace asterope {
namespace {

/// One row of the matrix: what is renamed onto what, how, and what comes of it.
struct Case {
    const char* from;
    const char* to;
    RenameMode mode;
    const char* outcome;
    const char* tree;  ///< afterwards
};

constexpr const char* kBefore = "empty/ f=F full/ full/x=X g=G l@f";

const Case kCases[] = {
    {"f", "new", RenameMode::replace, "ok", "empty/ full/ full/x=X g=G l@f new=F"},
    {"f", "new", RenameMode::no_replace, "ok", "empty/ full/ full/x=X g=G l@f new=F"},
    {"f", "new", RenameMode::exchange, "not_found", kBefore},
    {"f", "g", RenameMode::replace, "ok", "empty/ full/ full/x=X g=F l@f"},
    {"f", "g", RenameMode::no_replace, "exists", kBefore},
    {"f", "g", RenameMode::exchange, "ok", "empty/ f=G full/ full/x=X g=F l@f"},
    {"f", "f", RenameMode::replace, "ok", kBefore},
    {"f", "l", RenameMode::replace, "ok", "empty/ full/ full/x=X g=G l=F"},
    {"l", "f", RenameMode::replace, "ok", "empty/ f@f full/ full/x=X g=G"},
    {"f", "empty", RenameMode::replace, "is_dir", kBefore},
    {"f", "full", RenameMode::exchange, "ok", "empty/ f/ f/x=X full=F g=G l@f"},
    {"full", "empty", RenameMode::replace, "ok", "empty/ empty/x=X f=F g=G l@f"},
    {"empty", "full", RenameMode::replace, "not_empty", kBefore},
    {"empty", "full", RenameMode::exchange, "ok", "empty/ empty/x=X f=F full/ g=G l@f"},
    {"full", "f", RenameMode::replace, "not_dir", kBefore},
    {"full", "full/sub", RenameMode::replace, "invalid", kBefore},
    {"full", "full/x", RenameMode::exchange, "invalid", kBefore},
    {"full/x", "full", RenameMode::exchange, "invalid", kBefore},
    {"full/x", "full", RenameMode::replace, "not_empty|is_dir", kBefore},
    {"full", "empty/moved", RenameMode::replace, "ok", "empty/ empty/moved/ empty/moved/x=X f=F g=G l@f"},
    {"full/x", "x", RenameMode::replace, "ok", "empty/ f=F full/ g=G l@f x=X"},
    {"none", "g", RenameMode::replace, "not_found", kBefore},
    {"f", ".", RenameMode::replace, "invalid", kBefore},
};

std::string describe(const Case& c) {
    const char* modes[] = {"replace", "no_replace", "exchange"};
    return std::string(c.from) + " -> " + c.to + " " + modes[static_cast<int>(c.mode)];
}

}  // namespace

TEST_P(VolumeConformance, RenameDoesWhatPosixSaysInEveryCase) {
    for (const auto& c : kCases) {
        SCOPED_TRACE(describe(c));
        SetUp();
        make_file(kRootNode, "f", "F");
        make_file(kRootNode, "g", "G");
        make_dir(kRootNode, "empty");
        make_file(make_dir(kRootNode, "full"), "x", "X");
        ASSERT_EQ(outcome(volume().create(kRootNode, "l", {.type = NodeType::symlink, .target = "f"})), "ok");
        ASSERT_EQ(tree(), kBefore);

        const auto link_of = [&](std::string_view path) {
            const std::size_t slash = path.rfind('/');
            if (slash == std::string_view::npos) return Link{kRootNode, std::string(path)};
            return Link{node_at(path.substr(0, slash)), std::string(path.substr(slash + 1))};
        };
        const std::string got = outcome(volume().rename(link_of(c.from), link_of(c.to), c.mode));
        EXPECT_NE(("|" + std::string(c.outcome) + "|").find("|" + got + "|"), std::string::npos) << got;
        EXPECT_EQ(tree(), c.tree);
    }
}

TEST_P(VolumeConformance, RenamingOneLinkOntoAnotherOfTheSameNodeDoesNothing) {
    const NodeId file = make_file(kRootNode, "a", "A");
    ASSERT_EQ(outcome(volume().link(file, kRootNode, "b")), "ok");
    EXPECT_EQ(outcome(volume().rename({kRootNode, "a"}, {kRootNode, "b"}, RenameMode::replace)), "ok");
    EXPECT_EQ(tree(), "a=A b=A");
    EXPECT_EQ(volume().getattr(file)->nlink, 2u);
}

TEST_P(VolumeConformance, RenameKeepsNodeDocumentAndContent) {
    const NodeId file = make_file(kRootNode, "a", "A", {{"PatientID", "12345"}});
    const NodeId dir = make_dir(kRootNode, "d");
    ASSERT_EQ(outcome(volume().rename({kRootNode, "a"}, {dir, "b"}, RenameMode::replace)), "ok");
    EXPECT_EQ(node_at("d/b"), file);
    EXPECT_EQ(fields(file), "PatientID=12345");
    EXPECT_EQ(*volume().first_link(file), (Link{dir, "b"}));
}

TEST_P(VolumeConformance, AReplacedNodeIsGoneUnlessItHasAnotherName) {
    const NodeId old = make_file(kRootNode, "old", "O");
    ASSERT_EQ(outcome(volume().link(old, kRootNode, "other")), "ok");
    make_file(kRootNode, "a", "A");
    make_file(kRootNode, "b", "B");
    ASSERT_EQ(outcome(volume().rename({kRootNode, "a"}, {kRootNode, "old"}, RenameMode::replace)), "ok");
    EXPECT_EQ(volume().getattr(old)->nlink, 1u);
    ASSERT_EQ(outcome(volume().rename({kRootNode, "b"}, {kRootNode, "other"}, RenameMode::replace)), "ok");
    EXPECT_EQ(outcome(volume().getattr(old)), "not_found");
    EXPECT_EQ(tree(), "old=A other=B");
}

TEST_P(VolumeConformance, ANewFileRenamedOverAnotherTakesItsDocument) {
    make_file(kRootNode, "scan", "old", {{"PatientID", "12345"}});
    const NodeId fresh = make_file(kRootNode, ".scan.tmp", "new");
    const Sequence before = volume().sequence();
    ASSERT_EQ(outcome(volume().rename({kRootNode, ".scan.tmp"}, {kRootNode, "scan"}, RenameMode::replace)),
              "ok");
    EXPECT_EQ(fields(fresh), "PatientID=12345");
    bool inherited = false;
    for (const auto& change : changes_since(before)) inherited = inherited || change.inherited;
    EXPECT_TRUE(inherited) << "the feed must say so";
}

TEST_P(VolumeConformance, AFileThatHadFieldsOrComesFromElsewhereTakesNoDocument) {
    make_file(kRootNode, "scan", "old", {{"PatientID", "12345"}});
    const NodeId own = make_file(kRootNode, "own", "new", {{"Modality", "CT"}});
    ASSERT_EQ(outcome(volume().rename({kRootNode, "own"}, {kRootNode, "scan"}, RenameMode::replace)), "ok");
    EXPECT_EQ(fields(own), "Modality=CT");
    const NodeId other = make_file(make_dir(kRootNode, "d"), "other", "new");
    ASSERT_EQ(outcome(volume().rename({node_at("d"), "other"}, {kRootNode, "scan"}, RenameMode::replace)),
              "ok");
    EXPECT_EQ(fields(other), "");
}

}  // namespace asterope

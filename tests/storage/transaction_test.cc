#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/fs/volume_conformance.h"
#include "tests/storage/temporary_store.h"
#include "tests/storage/volume_text.h"

namespace asterope {
namespace {

/// Everything that a Volume must do, a transaction's view must do; and what it did is there after the commit.
class TransactionUnderTest final : public VolumeUnderTest {
  public:
    explicit TransactionUnderTest(Isolation isolation)
        : transaction_(store_.volume().begin({.isolation = isolation}).value()) {}
    ~TransactionUnderTest() override {
        EXPECT_EQ(outcome(transaction_->commit()), "ok");
        transaction_.reset();
        EXPECT_EQ(problems(store_.volume()), "") << "the store is sound after the commit";
    }
    Volume& volume() override { return transaction_->view(); }
    std::uint64_t file_bytes_max() const override { return std::uint64_t{1} << 43; }

  private:
    TemporaryStore store_;
    std::unique_ptr<Transaction> transaction_;
};

VolumeMaker maker(const char* name, Isolation isolation) {
    return {name, [isolation] { return std::make_unique<TransactionUnderTest>(isolation); }};
}

INSTANTIATE_TEST_SUITE_P(Transaction, VolumeConformance,
                         testing::Values(maker("read_committed", Isolation::read_committed),
                                         maker("serializable", Isolation::serializable)),
                         maker_name);

constexpr Isolation kAllLevels[] = {Isolation::read_committed, Isolation::snapshot, Isolation::serializable};

std::unique_ptr<Transaction> begin(Volume& volume, Isolation isolation) {
    return volume.begin({.isolation = isolation}).value();
}

std::string set(Volume& volume, std::string_view name, const std::string& field, const Value& value) {
    const auto attr = volume.lookup(kRootNode, name);
    return attr ? outcome(volume.change_document(attr->node, {{field, value}})) : outcome(attr);
}

std::string field(Volume& volume, std::string_view name, std::string_view field) {
    const Document document = volume.document(volume.lookup(kRootNode, name).value().node).value();
    const Value* const value = document.find(field);
    return value == nullptr ? "-" : to_xattr_bytes(*value);
}

TEST(Transaction, NobodySeesItBeforeTheCommitAndAllAfter) {
    for (const Isolation isolation : kAllLevels) {
        TemporaryStore store;
        Volume& volume = store.volume();
        put(volume, "old", "before");
        const auto transaction = begin(volume, isolation);
        Volume& view = transaction->view();
        EXPECT_EQ(put(view, "small", "text", {{"kind", "new"}}), "ok");
        EXPECT_EQ(put(view, "large", large('x'), {{"kind", "new"}}), "ok");
        EXPECT_EQ(put(view, "old", large('o')), "ok");
        EXPECT_EQ(outcome(view.rename({kRootNode, "small"}, {kRootNode, "renamed"}, RenameMode::replace)), "ok");
        EXPECT_EQ(get(view, "renamed"), "text");
        EXPECT_EQ(get(view, "large"), large('x'));
        EXPECT_EQ(get(view, "old"), large('o'));
        EXPECT_EQ(count(view, "kind=new"), 2u);

        EXPECT_EQ(get(volume, "renamed") + get(volume, "small") + get(volume, "large"), "---");
        EXPECT_EQ(get(volume, "old"), "before");
        EXPECT_EQ(count(volume, "kind=new"), 0u);

        EXPECT_EQ(outcome(transaction->commit()), "ok");
        EXPECT_EQ(get(volume, "renamed"), "text");
        EXPECT_EQ(get(volume, "large"), large('x'));
        EXPECT_EQ(get(volume, "old"), large('o'));
        EXPECT_EQ(count(volume, "kind=new"), 2u);
        EXPECT_EQ(outcome(transaction->commit()), "stale");
        EXPECT_EQ(outcome(view.lookup(kRootNode, "renamed")), "stale");
        EXPECT_EQ(problems(store.volume()), "");
        store.close();
        store.open();
        EXPECT_EQ(get(store.volume(), "large"), large('x'));
        EXPECT_EQ(problems(store.volume()), "");
    }
}

TEST(Transaction, AbortedItLeavesNothing) {
    TemporaryStore store;
    put(store.volume(), "kept", large('k'));
    store.reopen();  // its blob is in its place now
    Volume& volume = store.volume();
    const std::size_t blobs_before = store.volume().blob_files().list().value().size();
    {
        const auto transaction = begin(volume, Isolation::snapshot);
        put(transaction->view(), "new", large('n'));
        put(transaction->view(), "kept", large('z'));
        EXPECT_EQ(outcome(transaction->view().unlink(kRootNode, "kept")), "ok");
    }
    EXPECT_EQ(get(volume, "new"), "-");
    EXPECT_EQ(get(volume, "kept"), large('k'));
    EXPECT_EQ(store.volume().blob_files().list().value().size(), blobs_before);
    EXPECT_EQ(store.volume().blob_files().named().size(), 0u);
    EXPECT_EQ(problems(store.volume()), "");
}

TEST(Transaction, OpenWhenTheProcessDiesItLeavesNothing) {
    TemporaryStore store;
    store.close();
    const pid_t child = ::fork();
    if (child == 0) {
        const auto volume = TemporaryStore::open_at(store.path());
        const auto transaction = begin(*volume, Isolation::snapshot);
        const bool made = put(transaction->view(), "new", large('n')) == "ok" && put(*volume, "outside", "o") == "ok";
        ::_exit(made ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
    store.open();
    EXPECT_EQ(get(store.volume(), "new"), "-");
    EXPECT_EQ(get(store.volume(), "outside"), "o");
    EXPECT_EQ(store.volume().blob_files().list().value().size(), 0u);
    EXPECT_EQ(problems(store.volume()), "");
}

TEST(Transaction, ASnapshotStaysAsItWasWhileOthersChangeEverything) {
    for (const Isolation isolation : {Isolation::snapshot, Isolation::serializable}) {
        TemporaryStore store;
        Volume& volume = store.volume();
        put(volume, "replaced", large('a'), {{"kind", "old"}});
        put(volume, "written", large('b'));
        put(volume, "removed", large('c'));
        const auto transaction = begin(volume, isolation);
        put(volume, "replaced", large('A'), {{"kind", "changed"}});
        {
            const auto file = volume.open(volume.lookup(kRootNode, "written").value().node, {.mode = OpenMode::read_write}).value();
            EXPECT_EQ(outcome(file->write(10, std::as_bytes(std::span("BBB", 3)))), "ok");
        }
        EXPECT_EQ(outcome(volume.unlink(kRootNode, "removed")), "ok");
        EXPECT_EQ(outcome(volume.sync()), "ok");
        put(volume, "added", "x", {{"kind", "old"}});

        Volume& view = transaction->view();
        EXPECT_EQ(get(view, "replaced"), large('a'));
        EXPECT_EQ(get(view, "written"), large('b'));
        EXPECT_EQ(get(view, "removed"), large('c'));
        EXPECT_EQ(get(view, "added"), "-");
        EXPECT_EQ(count(view, "kind=old"), 1u);
        EXPECT_EQ(get(volume, "written").substr(8, 6), "bbBBBb");
        transaction->abort();
        EXPECT_EQ(problems(store.volume()), "");
    }
}

TEST(Transaction, ReadCommittedSeesEachCommitOfOthers) {
    TemporaryStore store;
    Volume& volume = store.volume();
    put(volume, "file", "one", {{"n", 1}});
    const auto transaction = begin(volume, Isolation::read_committed);
    EXPECT_EQ(get(transaction->view(), "file"), "one");
    put(volume, "file", "two", {{"n", 2}});
    EXPECT_EQ(get(transaction->view(), "file"), "two");
    EXPECT_EQ(count(transaction->view(), "n=2"), 1u);
}

TEST(Transaction, ReadCommittedSeesItsChangesMadeOnTheLatestCommitAndNoMixture) {
    TemporaryStore store;
    Volume& volume = store.volume();
    put(volume, "file", "", {{"n", 1}});
    const NodeId dir = volume.create(kRootNode, "dir", {.type = NodeType::directory}).value().node;
    const auto transaction = begin(volume, Isolation::read_committed);
    Volume& view = transaction->view();
    set(view, "file", "own", Value(1));
    set(volume, "file", "n", Value(2));
    EXPECT_EQ(field(view, "file", "n") + field(view, "file", "own"), "21");
    EXPECT_EQ(count(view, "n=2 and own=1"), 1u);
    EXPECT_EQ(outcome(volume.rename({kRootNode, "file"}, {dir, "moved"}, RenameMode::replace)), "ok");
    EXPECT_EQ(count(view, "sys.dir=dir and own=1"), 1u);
    EXPECT_EQ(get(view, "file"), "-");
    EXPECT_EQ(outcome(transaction->commit()), "ok");
    EXPECT_EQ(count(volume, "n=2 and own=1"), 1u);
    EXPECT_EQ(problems(store.volume()), "");
}

TEST(Transaction, ReadCommittedStaysWhereItIsWhenItsChangesCannotBeMadeOnTheLatestCommit) {
    TemporaryStore store;
    Volume& volume = store.volume();
    put(volume, "file", "one");
    const NodeId dir = volume.create(kRootNode, "dir", {.type = NodeType::directory}).value().node;
    const auto transaction = begin(volume, Isolation::read_committed);
    EXPECT_EQ(outcome(transaction->view().rmdir(kRootNode, "dir")), "ok");
    EXPECT_EQ(outcome(volume.rename({kRootNode, "file"}, {dir, "file"}, RenameMode::replace)), "ok");
    EXPECT_EQ(get(transaction->view(), "file"), "one");
    EXPECT_EQ(count(transaction->view(), ""), 1u);
    EXPECT_EQ(outcome(transaction->commit()), "conflict");
}

TEST(Transaction, AFileThatIsOpenAtReadCommittedShowsWhatOthersCommit) {
    TemporaryStore store;
    Volume& volume = store.volume();
    put(volume, "file", "one");
    const auto transaction = begin(volume, Isolation::read_committed);
    const NodeId node = volume.lookup(kRootNode, "file").value().node;
    const auto file = transaction->view().open(node, {.mode = OpenMode::read_write}).value();
    const auto beginning = [&] {
        std::string bytes(3, '-');
        return bytes.substr(0, file->read(0, std::as_writable_bytes(std::span(bytes))).value());
    };
    EXPECT_EQ(beginning(), "one");
    for (const std::string& content : {large('a'), std::string("two"), std::string(), large('b')}) {
        EXPECT_EQ(put(volume, "file", content), "ok");
        EXPECT_EQ(beginning(), content.substr(0, 3));
    }
    EXPECT_EQ(outcome(file->write(1, std::as_bytes(std::span("own", 3)))), "ok");
    EXPECT_EQ(beginning(), "bow");
    EXPECT_EQ(get(volume, "file"), large('b'));
}

TEST(Transaction, TheFirstCommitterOfTheSameFieldWins) {
    const auto lost_update = [](Isolation isolation) {
        TemporaryStore store;
        Volume& volume = store.volume();
        put(volume, "file", "", {{"n", 0}});
        const auto one = begin(volume, isolation), two = begin(volume, isolation);
        set(one->view(), "file", "n", Value(1));
        set(two->view(), "file", "n", Value(2));
        std::string outcomes = outcome(one->commit());
        outcomes += " " + outcome(two->commit());
        return outcomes + " n=" + field(volume, "file", "n");
    };
    EXPECT_EQ(lost_update(Isolation::read_committed), "ok ok n=2");
    EXPECT_EQ(lost_update(Isolation::snapshot), "ok conflict n=1");
    EXPECT_EQ(lost_update(Isolation::serializable), "ok conflict n=1");
}

TEST(Transaction, WriteSkewIsRefusedBySerializableOnly) {
    const auto write_skew = [](Isolation isolation) {
        TemporaryStore store;
        Volume& volume = store.volume();
        put(volume, "a", "", {{"on_call", true}});
        put(volume, "b", "", {{"on_call", true}});
        const auto one = begin(volume, isolation), two = begin(volume, isolation);
        if (field(one->view(), "b", "on_call") == "true") set(one->view(), "a", "on_call", Value(false));
        if (field(two->view(), "a", "on_call") == "true") set(two->view(), "b", "on_call", Value(false));
        std::string outcomes = outcome(one->commit());
        outcomes += " " + outcome(two->commit());
        return outcomes + " " + field(volume, "a", "on_call") + " " + field(volume, "b", "on_call");
    };
    EXPECT_EQ(write_skew(Isolation::read_committed), "ok ok false false");
    EXPECT_EQ(write_skew(Isolation::snapshot), "ok ok false false");
    EXPECT_EQ(write_skew(Isolation::serializable), "ok conflict false true");
}

TEST(Transaction, PhantomsOfQueriesAndListingsAreRefusedBySerializableOnly) {
    const auto phantom = [](Isolation isolation, bool by_query, std::string_view expression) {
        TemporaryStore store;
        Volume& volume = store.volume();
        const auto transaction = begin(volume, isolation);
        const std::uint64_t seen = by_query ? count(transaction->view(), expression)
                                            : transaction->view().list(kRootNode, 0, 100).value().size();
        put(volume, "phantom", "", {{"kind", "x"}});
        put(transaction->view(), "total", std::to_string(seen));
        return outcome(transaction->commit());
    };
    for (const std::string_view expression : {"kind=x", "kind>=a", "not kind=y", "sys.size=0", "exists(kind)"}) {
        EXPECT_EQ(phantom(Isolation::snapshot, true, expression), "ok") << expression;
        EXPECT_EQ(phantom(Isolation::serializable, true, expression), "conflict") << expression;
    }
    EXPECT_EQ(phantom(Isolation::snapshot, false, ""), "ok");
    EXPECT_EQ(phantom(Isolation::serializable, false, ""), "conflict");
}

TEST(Transaction, AFieldThatDidNotExistIsAPhantomWhoeverBringsIt) {
    const auto outcome_after = [](const std::function<void(Volume&)>& bring) {
        TemporaryStore store;
        Volume& volume = store.volume();
        const auto transaction = begin(volume, Isolation::serializable);
        EXPECT_EQ(count(transaction->view(), "kind=x"), 0u);
        bring(volume);
        put(transaction->view(), "total", "0");
        return outcome(transaction->commit());
    };
    const auto aborted = [](Volume& volume) { put(begin(volume, Isolation::snapshot)->view(), "dropped", "", {{"kind", "x"}}); };
    EXPECT_EQ(outcome_after([](Volume& volume) {
                  const auto other = begin(volume, Isolation::snapshot);
                  put(other->view(), "phantom", "", {{"kind", "x"}});
                  EXPECT_EQ(outcome(other->commit()), "ok");
              }),
              "conflict");
    EXPECT_EQ(outcome_after([&](Volume& volume) {
                  aborted(volume);
                  put(volume, "phantom", "", {{"kind", "x"}});
              }),
              "conflict");
    EXPECT_EQ(outcome_after(aborted), "ok") << "the name of a field alone is nothing to read";
}

TEST(Transaction, ReadersAndWritersOfDifferentFilesDoNotConflict) {
    for (const Isolation isolation : kAllLevels) {
        TemporaryStore store;
        Volume& volume = store.volume();
        put(volume, "a", "", {{"n", 0}});
        put(volume, "b", "", {{"n", 0}});
        const auto one = begin(volume, isolation), two = begin(volume, isolation), reader = begin(volume, isolation);
        EXPECT_EQ(count(reader->view(), "n=0"), 2u);
        set(one->view(), "a", "n", Value(1));
        put(one->view(), "c", "c");
        set(two->view(), "b", "n", Value(2));
        put(two->view(), "d", "d");
        EXPECT_EQ(outcome(one->commit()), "ok");
        EXPECT_EQ(outcome(two->commit()), "ok") << "both made a file in the same directory";
        EXPECT_EQ(outcome(reader->commit()), "ok") << "who only reads saw one state";
        EXPECT_EQ(get(volume, "c") + get(volume, "d"), "cd");
    }
}

TEST(Transaction, TreesThatWouldCrossAreAConflictAtEveryLevel) {
    for (const Isolation isolation : kAllLevels) {
        TemporaryStore store;
        Volume& volume = store.volume();
        const NodeId a = volume.create(kRootNode, "a", {.type = NodeType::directory}).value().node;
        const NodeId b = volume.create(kRootNode, "b", {.type = NodeType::directory}).value().node;
        const auto one = begin(volume, isolation), two = begin(volume, isolation);
        EXPECT_EQ(outcome(one->view().rename({kRootNode, "a"}, {b, "a"}, RenameMode::replace)), "ok");
        EXPECT_EQ(outcome(two->view().rename({kRootNode, "b"}, {a, "b"}, RenameMode::replace)), "ok");
        EXPECT_EQ(outcome(one->commit()), "ok");
        EXPECT_EQ(outcome(two->commit()), "conflict");
        EXPECT_EQ(problems(store.volume()), "");
    }
}

TEST(Transaction, ADirectoryThatOthersFilledIsNotRemoved) {
    for (const Isolation isolation : kAllLevels) {
        TemporaryStore store;
        Volume& volume = store.volume();
        const NodeId dir = volume.create(kRootNode, "dir", {.type = NodeType::directory}).value().node;
        const auto transaction = begin(volume, isolation);
        EXPECT_EQ(outcome(transaction->view().rmdir(kRootNode, "dir")), "ok");
        EXPECT_EQ(outcome(volume.create(dir, "file", {})), "ok");
        EXPECT_EQ(outcome(transaction->commit()), "conflict");
        EXPECT_EQ(outcome(volume.lookup(dir, "file")), "ok");
    }
}

TEST(Transaction, WhoHasAFileOpenSeesWhatTheCommitBrought) {
    TemporaryStore store;
    Volume& volume = store.volume();
    put(volume, "file", large('a'));
    put(volume, "gone", large('g'));
    const auto file = volume.open(volume.lookup(kRootNode, "file").value().node, {}).value();
    const auto gone = volume.open(volume.lookup(kRootNode, "gone").value().node, {}).value();
    const auto transaction = begin(volume, Isolation::snapshot);
    put(transaction->view(), "file", large('b'));
    EXPECT_EQ(outcome(transaction->view().unlink(kRootNode, "gone")), "ok");
    std::byte first{};
    ASSERT_EQ(file->read(0, {&first, 1}).value(), 1u);
    EXPECT_EQ(static_cast<char>(first), 'a');
    EXPECT_EQ(outcome(transaction->commit()), "ok");
    ASSERT_EQ(file->read(0, {&first, 1}).value(), 1u);
    EXPECT_EQ(static_cast<char>(first), 'b');
    ASSERT_EQ(gone->read(0, {&first, 1}).value(), 1u) << "unlinked by the transaction, but open";
    EXPECT_EQ(static_cast<char>(first), 'g');
}

TEST(Transaction, WritingOutsideToAFileThatItChangesIsAConflict) {
    TemporaryStore store;
    Volume& volume = store.volume();
    put(volume, "file", large('a'));
    const auto file = volume.open(volume.lookup(kRootNode, "file").value().node, {.mode = OpenMode::read_write}).value();
    const auto transaction = begin(volume, Isolation::snapshot);
    put(transaction->view(), "file", large('b'));
    EXPECT_EQ(outcome(file->write(0, std::as_bytes(std::span("outside", 7)))), "ok");
    EXPECT_EQ(outcome(transaction->commit()), "conflict");
    EXPECT_EQ(get(volume, "file").substr(0, 9), "outsideaa");
}

TEST(Transaction, FilesAreWrittenAndReadInItThroughOpenHandles) {
    TemporaryStore store;
    Volume& volume = store.volume();
    put(volume, "file", large('a'));
    const auto transaction = begin(volume, Isolation::snapshot);
    Volume& view = transaction->view();
    const NodeId node = view.lookup(kRootNode, "file").value().node;
    {
        const auto file = view.open(node, {.mode = OpenMode::read_write}).value();
        EXPECT_EQ(outcome(file->write(5, std::as_bytes(std::span("in place", 8)))), "ok");
        const NodeId fresh = view.create(kRootNode, "fresh", {}).value().node;
        const auto log = view.open(fresh, {.mode = OpenMode::read_write}).value();
        const std::string bytes = large('l');
        EXPECT_EQ(outcome(log->write(0, std::as_bytes(std::span(bytes)))), "ok");
        EXPECT_EQ(outcome(log->commit(Durability::sync)), "ok");
        EXPECT_EQ(outcome(log->write(0, std::as_bytes(std::span("L", 1)))), "ok");
    }
    EXPECT_EQ(get(view, "file").substr(4, 10), "ain placea");
    EXPECT_EQ(get(volume, "file"), large('a'));
    EXPECT_EQ(outcome(transaction->commit()), "ok");
    EXPECT_EQ(get(volume, "file").substr(4, 10), "ain placea");
    EXPECT_EQ(get(volume, "fresh").substr(0, 3), "Lll");
    EXPECT_EQ(problems(store.volume()), "");
}

TEST(Transaction, LeftIdleItIsAborted) {
    TemporaryStore store;
    const auto transaction = store.volume().begin({.idle_limit = std::chrono::seconds(0)}).value();
    std::string last = "ok";
    for (int i = 0; i < 300 && last != "stale"; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        last = outcome(transaction->view().create(kRootNode, "file " + std::to_string(i), {}));
    }
    EXPECT_EQ(last, "stale");
    EXPECT_EQ(outcome(transaction->commit()), "stale");
    EXPECT_EQ(store.volume().list(kRootNode, 0, 10).value().size(), 0u);
}

}  // namespace
}  // namespace asterope

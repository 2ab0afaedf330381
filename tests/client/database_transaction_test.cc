#include <gtest/gtest.h>

#include <thread>

#include "client/database.h"
#include "tests/client/served_store.h"
#include "tests/fs/volume_conformance.h"

namespace asterope {
namespace {

/// A database of this process's own, and one that another process serves.
class DatabaseTransactions : public testing::TestWithParam<const char*> {
  protected:
    DatabaseTransactions() {
        if (GetParam() == std::string_view("remote")) {
            served_.emplace();
            db_.emplace(served_->connect());
        } else {
            local_.emplace();
            local_->close();
            db_.emplace(TemporaryStore::open_at(local_->path()));
        }
    }
    Database& db() { return *db_; }
    std::string content(Database& database, std::string_view key) {
        const auto entry = database.get(key);
        return entry ? entry->content : outcome(entry);
    }

  private:
    std::optional<TemporaryStore> local_;
    std::optional<ServedStore> served_;
    std::optional<Database> db_;
};

INSTANTIATE_TEST_SUITE_P(Database, DatabaseTransactions, testing::Values("local", "remote"),
                         [](const auto& which) { return std::string(which.param); });

TEST_P(DatabaseTransactions, EverythingInOneIsSeenAtTheCommit) {
    db().put("old/name", "text", {{"Modality", "CT"}}).value();
    auto transaction =
        db().begin({.isolation = Isolation::serializable, .durability = Durability::sync}).value();
    transaction.put("study/new", "bytes", {{"Modality", "CT"}}).value();
    transaction.rename("old/name", "new/name").value();
    transaction.set_field("new/name", "reviewed", true).value();
    EXPECT_EQ(transaction.count("Modality = 'CT'").value(), 2u);
    EXPECT_EQ(transaction.count("reviewed").value(), 1u);
    EXPECT_EQ(content(transaction, "study/new"), "bytes");
    EXPECT_EQ(content(db(), "study/new"), "not_found");
    EXPECT_EQ(db().count("reviewed").value(), 0u);

    EXPECT_EQ(outcome(transaction.commit()), "ok");
    EXPECT_EQ(content(db(), "study/new"), "bytes");
    EXPECT_EQ(content(db(), "new/name"), "text");
    EXPECT_EQ(db().count("reviewed").value(), 1u);
    EXPECT_EQ(outcome(transaction.put("late", "")), "stale");
    EXPECT_EQ(outcome(transaction.commit()), "stale");
}

TEST_P(DatabaseTransactions, DestroyedItIsAbortedWithAllThatWasOpenedThroughIt) {
    std::optional<Writer> writer;
    {
        auto transaction = db().begin().value();
        transaction.put("aborted", "").value();
        writer = transaction.open_write("written").value();
        EXPECT_EQ(outcome(writer->write("bytes")), "ok");
    }
    EXPECT_EQ(outcome(writer->commit()), "stale");
    EXPECT_EQ(content(db(), "aborted") + " " + content(db(), "written"), "not_found not_found");
}

TEST_P(DatabaseTransactions, AnotherTakesItsPlaceByAssignment) {
    auto transaction = db().begin().value();
    transaction.put("first", "1").value();
    transaction = db().begin().value();
    EXPECT_EQ(content(transaction, "first"), "not_found");
    transaction.put("second", "2").value();
    EXPECT_EQ(outcome(transaction.commit()), "ok");
    EXPECT_EQ(content(db(), "first") + " " + content(db(), "second"), "not_found 2");
}

TEST_P(DatabaseTransactions, ItsResultsOutliveTheDatabaseHandle) {
    db().put("a", "").value();
    std::optional<DatabaseTransaction> transaction;
    {
        Database copy = db();
        transaction = copy.begin().value();
    }
    auto results = transaction->query("sys.type = 'file'");
    EXPECT_EQ(results.all().value().size(), 1u);
}

TEST_P(DatabaseTransactions, TransactCountsRightlyHoweverManyCountAtOnce) {
    constexpr int kThreads = 4, kRounds = 10;
    db().put("counter", "", {{"n", 0}}).value();
    const auto increment = [](auto& transaction) -> Result<std::int64_t> {
        const Document document = ASTEROPE_TRY(transaction.document("counter"));
        const std::int64_t n = *document.find("n")->template get_if<std::int64_t>() + 1;
        ASTEROPE_TRY_STATUS(transaction.set_field("counter", "n", n));
        return n;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < kRounds; ++round)
                EXPECT_EQ(outcome(db().transact(increment, {}, 1000)), "ok");
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(db().transact(increment).value(), kThreads * kRounds + 1);
}

TEST_P(DatabaseTransactions, TransactGivesUpAfterSoManyTries) {
    db().put("file", "").value();
    int tries = 0;
    const auto always_late = [&](DatabaseTransaction& transaction) -> Status {
        ++tries;
        ASTEROPE_TRY_STATUS(transaction.set_field("file", "by", "inside"));
        return db().set_field("file", "by", "outside " + std::to_string(tries));
    };
    EXPECT_EQ(outcome(db().transact(always_late, {}, 3)), "conflict");
    EXPECT_EQ(tries, 3);
}

TEST_P(DatabaseTransactions, TransactAbortsForAnErrorAndDoesNotTryAgain) {
    int tries = 0;
    const auto failing = [&](DatabaseTransaction& transaction) -> Result<std::string> {
        ++tries;
        ASTEROPE_TRY(transaction.put("file", ""));
        return ASTEROPE_TRY(transaction.get("missing")).content;
    };
    EXPECT_EQ(outcome(db().transact(failing)), "not_found");
    EXPECT_EQ(tries, 1);
    EXPECT_EQ(content(db(), "file"), "not_found");
}

TEST_P(DatabaseTransactions, ASnapshotIsADatabaseThatStaysAsItWas) {
    db().put("study/file", "old", {{"kind", "old"}}).value();
    EXPECT_EQ(db().snapshot("monday").value().name, "monday");
    db().put("study/file", "new", {{"kind", "new"}}).value();
    db().put("added", "").value();
    {
        Database snapshot = db().open_snapshot("monday").value();
        EXPECT_EQ(content(snapshot, "study/file"), "old");
        EXPECT_EQ(content(snapshot, "added"), "not_found");
        EXPECT_EQ(snapshot.count("kind = 'old'").value(), 1u);
        EXPECT_EQ(outcome(snapshot.put("other", "")), "read_only");
        EXPECT_EQ(outcome(snapshot.begin()), "unsupported");
    }
    EXPECT_EQ(db().snapshots().value().size(), 1u);
    EXPECT_EQ(outcome(db().drop_snapshot("monday")), "ok");
    EXPECT_EQ(outcome(db().open_snapshot("monday")), "not_found");
    EXPECT_EQ(content(db(), "study/file"), "new");
}

}  // namespace
}  // namespace asterope

#include "engine/storage/checksum.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/storage/temporary_store.h"
#include "tests/storage/volume_text.h"

namespace asterope {
namespace {

using namespace std::chrono_literals;

std::string sum_of(std::string_view bytes) { return storage::to_hex(storage::checksum_of(bytes)); }

/// The checksum that is known, "-" for none.
std::string known(Volume& volume, std::string_view name) {
    const auto attr = volume.lookup(kRootNode, name);
    if (!attr) return outcome(attr);
    const auto checksum = volume.checksum(attr->node);
    return checksum ? checksum->value_or("-") : outcome(checksum);
}
/// Waits for the background.
std::string computed(Volume& volume, std::string_view name) {
    for (int i = 0; i < 1200 && known(volume, name) == "-"; ++i) std::this_thread::sleep_for(50ms);
    return known(volume, name);
}
std::unique_ptr<File> open_to_write(Volume& volume, std::string_view name) {
    return volume.open(volume.lookup(kRootNode, name)->node, {.mode = OpenMode::read_write}).value();
}
Status write(File& file, std::uint64_t offset, std::string_view bytes) {
    return file.write(offset, std::as_bytes(std::span(bytes)));
}

TEST(Checksum, IsWhatXxhsumPrints) {
    EXPECT_EQ(sum_of(""), "99aa06d3014798d86001c324468d497f");
    EXPECT_EQ(sum_of("a"), "a96faf705af16834e6c632b61e964e1f");
}

TEST(Checksum, OfASmallContentIsKnownAtOnceAndOfALargeOneSoon) {
    TemporaryStore store;
    put(store.volume(), "empty", "");
    put(store.volume(), "small", "few bytes");
    put(store.volume(), "large", large('l'));
    EXPECT_EQ(known(store.volume(), "empty"), sum_of(""));
    EXPECT_EQ(known(store.volume(), "small"), sum_of("few bytes"));
    EXPECT_EQ(computed(store.volume(), "large"), sum_of(large('l')));
    EXPECT_EQ(count(store.volume(), "sys.checksum = '" + sum_of(large('l')) + "'"), 1u);
    EXPECT_EQ(problems(store.volume()), "");
}

TEST(Checksum, CoversThePresentContentOrIsNotKnown) {
    TemporaryStore store;
    Volume& volume = store.volume();
    put(volume, "f", large('a'));
    ASSERT_EQ(computed(volume, "f"), sum_of(large('a')));
    {
        const auto file = open_to_write(volume, "f");
        EXPECT_EQ(known(volume, "f"), sum_of(large('a'))) << "opening changes nothing";
        ASSERT_TRUE(write(*file, 5, "in place"));
        EXPECT_EQ(known(volume, "f"), "-") << "written and not committed";
        ASSERT_TRUE(file->commit(Durability::none));
        EXPECT_EQ(known(volume, "f"), "-") << "committed and not read again";
    }
    std::string expected = large('a');
    expected.replace(5, 8, "in place");
    EXPECT_EQ(computed(volume, "f"), sum_of(expected));
    put(volume, "f", large('b'));
    EXPECT_EQ(known(volume, "f"), "-") << "replaced";
    put(volume, "f", "small now");
    EXPECT_EQ(known(volume, "f"), sum_of("small now"));
}

TEST(Checksum, MetadataAndNamesDoNotChangeIt) {
    TemporaryStore store;
    Volume& volume = store.volume();
    put(volume, "f", large('a'));
    ASSERT_EQ(computed(volume, "f"), sum_of(large('a')));
    const NodeId node = volume.lookup(kRootNode, "f")->node;
    ASSERT_TRUE(volume.change_document(node, {{"field", Value(1)}}));
    ASSERT_TRUE(volume.rename({kRootNode, "f"}, {kRootNode, "g"}, RenameMode::replace));
    AttrChange change;
    change.mode = 0600;
    ASSERT_TRUE(volume.setattr(node, change));
    EXPECT_EQ(known(volume, "g"), sum_of(large('a')));
}

TEST(Checksum, IsTheSameInTransactionsAndSnapshots) {
    TemporaryStore store;
    LocalVolume& volume = store.volume();
    put(volume, "f", large('a'));
    ASSERT_EQ(computed(volume, "f"), sum_of(large('a')));
    ASSERT_TRUE(volume.make_snapshot("s"));
    const auto transaction = volume.begin({.isolation = Isolation::serializable}).value();
    EXPECT_EQ(known(transaction->view(), "f"), sum_of(large('a')));
    put(transaction->view(), "f", large('b'));
    EXPECT_EQ(known(transaction->view(), "f"), "-");
    ASSERT_TRUE(transaction->commit());
    EXPECT_EQ(computed(volume, "f"), sum_of(large('b')));
    EXPECT_EQ(known(*volume.open_snapshot("s").value(), "f"), sum_of(large('a')));
}

TEST(Checksum, ThatTheBackgroundRecordsDoesNotMakeATransactionFail) {
    TemporaryStore store;
    LocalVolume& volume = store.volume();
    put(volume, "f", large('a'));
    const auto transaction = volume.begin({.isolation = Isolation::serializable}).value();
    EXPECT_EQ(known(transaction->view(), "f"), "-");
    put(transaction->view(), "g", "other");
    ASSERT_EQ(computed(volume, "f"), sum_of(large('a')));
    EXPECT_TRUE(transaction->commit());
}

TEST(Checksum, TheBackgroundGoesOnWhereItWasInTheNextProcess) {
    TemporaryStore store;
    put(store.volume(), "f", large('a'));
    store.reopen();
    EXPECT_EQ(computed(store.volume(), "f"), sum_of(large('a')));
}

TEST(Checksum, AFileThatIsWrittenInPlaceWhenTheProcessDiesHasNone) {
    TemporaryStore store;
    put(store.volume(), "f", large('a'));
    ASSERT_EQ(computed(store.volume(), "f"), sum_of(large('a')));
    const auto file = open_to_write(store.volume(), "f");
    ASSERT_TRUE(write(*file, 5, "in place"));
    const std::string copy = store.path() + "-copy";
    ASSERT_EQ(std::system(("cp -a '" + store.path() + "' '" + copy + "'").c_str()), 0);
    const auto recovered = TemporaryStore::open_at(copy);
    EXPECT_NE(known(*recovered, "f"), sum_of(large('a')));
}

TEST(Checksum, AFeedThatNoLongerReachesBackIsReplacedByALookAtAllNodes) {
    TemporaryStore store;
    put(store.volume(), "f", large('a'));
    store.close();
    {
        const auto rows = kv::Store::open(store.path(), {}, false).value();
        const auto state = rows->snapshot();
        kv::Batch batch;
        const auto cursor = state->cursor(kv::Table::changes);
        for (cursor->seek(""); cursor->valid(); cursor->next()) batch.erase(kv::Table::changes, cursor->key());
        batch.put(kv::Table::changes, storage::u64_key(1000), storage::encode(Change{}));
        batch.erase(kv::Table::meta, "checksums_to");
        ASSERT_TRUE(rows->commit(std::move(batch)));
    }
    store.open();
    EXPECT_EQ(computed(store.volume(), "f"), sum_of(large('a')));
}

}  // namespace
}  // namespace asterope

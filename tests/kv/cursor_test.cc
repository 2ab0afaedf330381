#include "tests/kv/support.h"

/// Positions and turns of cursors over tree and buffers, compared with a map.
namespace asterope::kv::test {
namespace {

using Column = std::map<std::string, std::string>;

/// A store whose rows lie in the tree, in the buffer, hidden by the buffer and erased by it.
struct Layered {
    explicit Layered(std::uint64_t seed) : generator(seed), store(open_store(dir.path(), quiet_options())) {
        fill(60);
        EXPECT_TRUE(store->flush().has_value());
        fill(generator.below(3) * 20);
        snapshot = store->snapshot();
        for (const auto& [key, value] : rows) {
            if (key.first == Table::names) column[key.second] = value;
        }
        // Later batches are in the same buffer, and not seen.
        Rows unseen;
        std::swap(unseen, rows);
        fill(20);
    }

    void fill(std::uint64_t batches) {
        for (std::uint64_t i = 0; i < batches; ++i) {
            const Steps steps = generator.batch();
            EXPECT_TRUE(store->commit(batch_of(steps)).has_value());
            apply_steps(rows, steps);
        }
    }

    TempDir dir;
    Generator generator;
    std::unique_ptr<Store> store;
    Rows rows;
    Column column;
    std::shared_ptr<const Snapshot> snapshot;
};

std::string text(const Cursor& cursor) {
    return cursor.valid() ? testing::PrintToString(std::string(cursor.key())) + " = " +
                                std::to_string(cursor.value().size())
                          : "end";
}
std::string text(const Column& column, Column::const_iterator at) {
    return at != column.end() ? testing::PrintToString(at->first) + " = " + std::to_string(at->second.size())
                              : "end";
}

Column::const_iterator before(const Column& column, Column::const_iterator at) {
    return at == column.begin() ? column.end() : std::prev(at);
}

TEST(Cursor, MovesAsAMapIteratorDoes) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Layered layered(seed);
        const Column& column = layered.column;
        const auto cursor = layered.snapshot->cursor(Table::names);
        auto at = column.end();
        for (int i = 0; i < 600; ++i) {
            const std::string key = layered.generator.key();
            switch (at == column.end() ? layered.generator.below(3) : layered.generator.below(12)) {
                case 0:
                    cursor->seek(key);
                    at = column.lower_bound(key);
                    break;
                case 1:
                    cursor->seek_before(key);
                    at = before(column, column.lower_bound(key));
                    break;
                case 2:
                    cursor->seek_last();
                    at = before(column, column.end());
                    break;
                case 3:
                case 4:
                case 5:
                case 6:
                case 7:
                    cursor->next();
                    ++at;
                    break;
                default:
                    cursor->prev();
                    at = before(column, at);
            }
            ASSERT_EQ(text(column, at), text(*cursor)) << "step " << i;
        }
    }
}

TEST(Cursor, ReadsSuffixesInBulkAsStepByStep) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Layered layered(seed);
        const auto cursor = layered.snapshot->cursor(Table::names);
        for (int i = 0; i < 100; ++i) {
            const std::string begin = layered.generator.key(), end = layered.generator.key();
            auto at = layered.column.lower_bound(begin);
            cursor->seek(begin);
            std::vector<Suffix> suffixes(1 + layered.generator.below(20));
            suffixes.resize(cursor->read_suffixes(end, suffixes));
            for (const Suffix& suffix : suffixes) {
                ASSERT_TRUE(at != layered.column.end() && at->first < end);
                const auto& [key, value] = *at++;
                std::uint64_t number = 0;
                for (std::size_t k = key.size() - 8; key.size() >= 8 && k < key.size(); ++k)
                    number = number << 8 | static_cast<unsigned char>(key[k]);
                ASSERT_EQ(suffix.number, number);
                ASSERT_EQ(suffix.flags, value.empty() ? 0 : static_cast<unsigned char>(value[0]));
            }
            ASSERT_EQ(text(layered.column, at), text(*cursor));
        }
    }
}

TEST(Cursor, IsNotValidBeforeASeekAndStaysAtTheEnd) {
    Layered layered(3);
    const auto cursor = layered.snapshot->cursor(Table::names);
    EXPECT_FALSE(cursor->valid());
    cursor->next();
    EXPECT_FALSE(cursor->valid());
    cursor->seek_last();
    cursor->next();
    EXPECT_FALSE(cursor->valid());
    cursor->prev();
    EXPECT_FALSE(cursor->valid());
    cursor->seek_before("");
    EXPECT_FALSE(cursor->valid());
}

TEST(Cursor, SeeksToKeysThatAreTooLongToBeStored) {
    const TempDir dir;
    const auto store = open_store(dir.path(), quiet_options());
    const std::string longest(kKeyBytesMax, 'm');
    ASSERT_OK(store->commit(batch_of({{Table::names, "a", false, "1"},
                                      {Table::names, longest, false, "2"},
                                      {Table::names, "z", false, "3"}})));
    for (const bool flushed : {false, true}) {
        if (flushed) ASSERT_OK(store->flush());
        const auto snapshot = store->snapshot();
        const auto cursor = snapshot->cursor(Table::names);
        cursor->seek(longest + "m");
        EXPECT_EQ("z", cursor->key());
        cursor->seek_before(longest + "m");
        EXPECT_EQ(longest, cursor->key());
        cursor->seek_before(longest);
        EXPECT_EQ("a", cursor->key());
        EXPECT_FALSE((*snapshot->get(Table::names, longest + "m")).has_value());
        EXPECT_FALSE((*snapshot->get(Table::names, "")).has_value());
        EXPECT_TRUE(cursor->status().has_value());
    }
}

TEST(Cursor, ALaterOperationOfABatchWins) {
    const TempDir dir;
    const auto store = open_store(dir.path(), quiet_options());
    ASSERT_OK(store->commit(batch_of({{Table::names, "a", false, "1"},
                                      {Table::names, "a", true, ""},
                                      {Table::names, "b", true, ""},
                                      {Table::names, "b", false, "2"},
                                      {Table::names, "c", false, "3"},
                                      {Table::names, "c", false, "4"}})));
    const Rows expected = {{{Table::names, "b"}, "2"}, {{Table::names, "c"}, "4"}};
    EXPECT_ROWS(expected, rows_of(*store->snapshot()));
    ASSERT_OK(store->flush());
    EXPECT_ROWS(expected, rows_of(*store->snapshot()));
}

}  // namespace
}  // namespace asterope::kv::test

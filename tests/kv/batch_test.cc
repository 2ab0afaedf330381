#include "engine/storage/kv/batch.h"

#include "tests/kv/support.h"

namespace asterope::kv::test {
namespace {

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(c));
        text += two;
    }
    return text;
}

TEST(Batch, IsEncodedAsTheHeaderSays) {
    Batch batch;
    batch.put(Table::names, "ab", "xyz");
    batch.erase(Table::meta, "k");
    EXPECT_EQ("01020003000000616278797a8001006b", hex(batch.encoded()));
    EXPECT_EQ(2u, batch.entry_count());
}

TEST(Batch, OperationsComeBackInOrder) {
    Generator generator(1);
    const Steps steps = generator.batch();
    const Batch batch = batch_of(steps);
    OperationReader reader(batch.encoded());
    Operation operation;
    for (const Step& step : steps) {
        ASSERT_TRUE(reader.next(operation));
        EXPECT_EQ(step.table, operation.table);
        EXPECT_EQ(step.key, operation.key);
        EXPECT_EQ(step.erased, operation.erased);
        EXPECT_EQ(step.value, operation.value);
    }
    EXPECT_FALSE(reader.next(operation));
    EXPECT_FALSE(reader.damaged());
}

TEST(Batch, AnyCutInsideAnOperationIsDamage) {
    Batch batch;
    batch.put(Table::names, "ab", "xyz");
    const std::string whole(batch.encoded());
    for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
        OperationReader reader(std::string_view(whole).substr(0, bytes));
        Operation operation;
        EXPECT_FALSE(reader.next(operation));
        EXPECT_TRUE(reader.damaged());
    }
}

TEST(Batch, UnknownTablesAndEmptyKeysAreDamage) {
    const std::string malformed[] = {char{kTableCount} + std::string("\x01\x00\x00\x00\x00\x00k", 7),
                                     std::string("\x80\x00\x00", 3)};
    for (const std::string& bytes : malformed) {
        OperationReader reader(bytes);
        Operation operation;
        EXPECT_FALSE(reader.next(operation));
        EXPECT_TRUE(reader.damaged());
    }
}

TEST(Batch, RandomBytesNeverReadOutside) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 20000; ++i) {
        std::string bytes(random() % 40, '\0');
        for (char& c : bytes) c = static_cast<char>(random() % 16);
        OperationReader reader(bytes);
        std::size_t count = 0;
        for (Operation operation; reader.next(operation);) ++count;
        EXPECT_LE(count, bytes.size());
    }
}

}  // namespace
}  // namespace asterope::kv::test

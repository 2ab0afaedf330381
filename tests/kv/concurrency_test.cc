#include <atomic>
#include <thread>

#include "tests/kv/support.h"

/// Writers, readers, syncs and flushes at the same time.
namespace asterope::kv::test {
namespace {

constexpr int kWriters = 3;
constexpr int kCommitsEach = 1500;
constexpr int kKeys = 200;

std::string key_of(int i) {
    char text[16];
    std::snprintf(text, sizeof text, "%05d", i);
    return text;
}

/// Each batch moves one unit from one account to another and counts itself: the sums never change within a snapshot.
class Bank {
  public:
    explicit Bank(Store& store) : store_(store) {
        Batch batch;
        for (int i = 0; i < kKeys; ++i) {
            batch.put(Table::names, key_of(i), "100");
            batch.put(Table::index, key_of(i), "100");
        }
        EXPECT_TRUE(store_.commit(std::move(batch)).has_value());
    }

    void transfer(std::mt19937_64& random) {
        const std::lock_guard lock(mutex_);  // read and write are one here
        const auto snapshot = store_.snapshot();
        const std::string from = key_of(static_cast<int>(random() % kKeys)),
                          to = key_of(static_cast<int>(random() % kKeys));
        if (from == to) return;
        Batch batch;
        for (const Table table : {Table::names, Table::index}) {
            batch.put(table, from, std::to_string(amount(*snapshot, table, from) - 1));
            batch.put(table, to, std::to_string(amount(*snapshot, table, to) + 1));
        }
        EXPECT_TRUE(store_.commit(std::move(batch)).has_value());
    }

    static int amount(const Reader& reader, Table table, const std::string& key) {
        return std::stoi(std::string(**reader.get(table, key)));
    }

    void check() const {
        const auto snapshot = store_.snapshot();
        int sum = 0, count = 0;
        const auto cursor = snapshot->cursor(Table::names);
        const auto other = snapshot->cursor(Table::index);
        for (cursor->seek({}), other->seek_last(); cursor->valid(); cursor->next(), other->prev()) {
            sum += std::stoi(std::string(cursor->value()));
            ++count;
            EXPECT_TRUE(other->valid());
            EXPECT_EQ(cursor->value(), **snapshot->get(Table::index, cursor->key()));
        }
        EXPECT_EQ(kKeys, count);
        EXPECT_EQ(100 * kKeys, sum);
    }

  private:
    Store& store_;
    std::mutex mutex_;
};

TEST(StoreConcurrency, EverySnapshotIsConsistentWhileOthersWriteSyncAndFlush) {
    const TempDir dir;
    Options options = quiet_options();
    options.buffer_bytes = 32u << 10;
    options.flush_interval_ms = 1;
    options.buffer_age_ms = 5;
    const auto store = open_store(dir.path(), options);
    Bank bank(*store);

    std::atomic<bool> done{false};
    std::vector<std::thread> writers, others;
    for (int i = 0; i < kWriters; ++i) {
        writers.emplace_back([&, i] {
            std::mt19937_64 random(static_cast<std::uint64_t>(i));
            for (int n = 0; n < kCommitsEach; ++n) bank.transfer(random);
        });
    }
    for (int i = 0; i < 2; ++i) {
        others.emplace_back([&] {
            while (!done) bank.check();
        });
    }
    others.emplace_back([&] {
        while (!done) {
            const Sequence last = store->last_sequence();
            EXPECT_TRUE(store->sync(last).has_value());
            EXPECT_GE(raw(store->durable_sequence()), raw(last));
        }
    });
    others.emplace_back([&] {
        while (!done) {
            EXPECT_TRUE(store->flush().has_value());
            std::this_thread::yield();
        }
    });
    for (std::thread& thread : writers) thread.join();
    done = true;
    for (std::thread& thread : others) thread.join();
    bank.check();
}

TEST(StoreConcurrency, WritersFasterThanTheBackgroundAreSlowedNotRefused) {
    const TempDir dir;
    Options options = quiet_options();
    options.buffer_bytes = 32u << 10;
    const auto store = open_store(dir.path(), options);
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w) {
        writers.emplace_back([&, w] {
            for (int i = 0; i < 500; ++i) {
                Batch batch;
                batch.put(Table::names, std::to_string(w) + "/" + std::to_string(i), std::string(500, 'v'));
                EXPECT_TRUE(store->commit(std::move(batch)).has_value());
            }
        });
    }
    for (std::thread& thread : writers) thread.join();
    EXPECT_EQ(2000u, rows_of(*store->snapshot()).size());
    EXPECT_EQ(2000u, raw(store->last_sequence()));
}

TEST(StoreConcurrency, ClosingWhileOthersWriteEndsThem) {
    const TempDir dir;
    auto store = open_store(dir.path(), quiet_options());
    std::atomic<std::uint64_t> answered{0};
    std::vector<std::thread> writers;
    for (int w = 0; w < 3; ++w) {
        writers.emplace_back([&, w] {
            for (int i = 0;; ++i) {
                Batch batch;
                batch.put(Table::names, std::to_string(w) + "/" + std::to_string(i), "v");
                if (!store->commit(std::move(batch))) return;
                ++answered;
            }
        });
    }
    while (answered < 1000) std::this_thread::yield();
    ASSERT_OK(store->close());
    for (std::thread& thread : writers) thread.join();
    store.reset();
    store = open_store(dir.path(), quiet_options());
    EXPECT_EQ(answered, rows_of(*store->snapshot()).size());
}

}  // namespace
}  // namespace asterope::kv::test

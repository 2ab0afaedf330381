#include <cstdlib>

#include "tests/kv/support.h"

/// Random batches, snapshots, flushes and reopenings, compared with a map.
namespace asterope::kv::test {
namespace {

struct Kept {
    std::shared_ptr<const Snapshot> snapshot;
    Rows rows;
};

class Session {
  public:
    Session(std::uint64_t seed, Options options) : generator_(seed), options_(std::move(options)) { open(); }

    void step() {
        switch (generator_.below(40)) {
            case 0:
                return flush();
            case 1:
                return reopen();
            case 2:
                return keep();
            case 3:
                return check_kept();
            case 4:
                return check_now();
            case 5:
                ASSERT_OK(store_->sync(store_->last_sequence()));
                return;
            default:
                return commit();
        }
    }

    void finish() {
        check_now();
        check_kept();
        kept_.clear();
        reopen();
        check_now();
    }

  private:
    void open() { store_ = open_store(dir_.path(), options_); }

    void commit() {
        const Steps steps = generator_.batch();
        const auto sequence = store_->commit(batch_of(steps));
        ASSERT_OK(sequence);
        apply_steps(rows_, steps);
        ASSERT_EQ(++last_, raw(*sequence));
    }

    void flush() {
        ASSERT_OK(store_->flush());
        EXPECT_EQ(last_, raw(store_->durable_sequence()));
    }

    void reopen() {
        kept_.clear();
        if (generator_.below(2) == 0) {
            ASSERT_OK(store_->close());
        }
        store_.reset();
        open();
        ASSERT_EQ(last_, raw(store_->last_sequence()));
        EXPECT_EQ(0u, store_->stats().replayed);
    }

    void keep() {
        if (kept_.size() > 5) kept_.erase(kept_.begin());
        kept_.push_back({store_->snapshot(), rows_});
        EXPECT_EQ(last_, raw(kept_.back().snapshot->sequence()));
    }

    void check_kept() {
        for (const Kept& kept : kept_) EXPECT_ROWS(kept.rows, rows_of(*kept.snapshot));
    }

    void check_now() { EXPECT_ROWS(rows_, rows_of(*store_->snapshot())); }

    TempDir dir_;
    Generator generator_;
    const Options options_;
    Rows rows_;
    std::uint64_t last_ = 0;
    std::unique_ptr<Store> store_;
    std::vector<Kept> kept_;
};

void run(std::uint64_t seed, const Options& options) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Session session(seed, options);
    for (int i = 0; i < 600 && !testing::Test::HasFailure(); ++i) session.step();
    if (!testing::Test::HasFailure()) session.finish();
}

TEST(StoreModel, BehavesAsAMapWithNothingInTheBackground) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) run(seed, quiet_options());
}

TEST(StoreModel, BehavesAsAMapWithSmallBuffersAndABusyBackground) {
    Options options = quiet_options();
    options.buffer_bytes = 8u << 10;
    options.buffer_age_ms = 20;
    options.flush_interval_ms = 3;
    for (std::uint64_t seed = 11; seed <= 18; ++seed) run(seed, options);
}

}  // namespace
}  // namespace asterope::kv::test

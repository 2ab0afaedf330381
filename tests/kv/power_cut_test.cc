#include <algorithm>
#include <filesystem>

#include "tests/kv/support.h"

/// After a power cut each page of the journal is as it was at the last fdatasync or as it is now, in any mixture.
/// The tree is only ever written with fsync, so it is as it was when its last flush ended.
namespace asterope::kv::test {
namespace {

constexpr std::size_t kPageBytes = 4096;

using Files = std::map<std::string, std::string>;

Files journal_files(const std::string& directory) {
    Files files;
    for (const auto& entry : std::filesystem::directory_iterator(directory + "/journal"))
        files[entry.path().filename().string()] = read_file(entry.path().string());
    return files;
}

/// What a power cut may have left of `now`, of which `durable` had been synced.
Files mixture(const Files& durable, const Files& now, Generator& generator) {
    Files mixed;
    const std::uint64_t written_percent = generator.below(101);
    for (const auto& [name, bytes] : now) {
        const auto then = durable.find(name);
        if (then == durable.end() && generator.below(4) == 0) continue;  // not even its name
        std::string old = then == durable.end() ? std::string() : then->second;
        old.resize(bytes.size(), '\0');
        std::string& file = mixed[name] = bytes;
        for (std::size_t at = 0; at < bytes.size(); at += kPageBytes) {
            if (generator.below(100) < written_percent) continue;
            const std::size_t size = std::min(kPageBytes, bytes.size() - at);
            file.replace(at, size, old, at, size);
        }
    }
    return mixed;
}

class Torture {
  public:
    explicit Torture(std::uint64_t seed, const Options& options)
        : generator_(seed), options_(options), store_(open_store(dir_.path(), options)) {
        note_durable();
    }

    void live() {
        for (std::uint64_t i = 20 + generator_.below(150); i > 0; --i) {
            commit();
            if (generator_.below(25) == 0) sync();
            if (generator_.below(60) == 0) flush();
        }
    }

    /// Cuts the power in several ways, then goes on from one of the outcomes.
    void die() {
        const TempDir whole, after;
        copy_folder(dir_.path(), whole.path());
        const Files now = journal_files(whole.path());
        for (int i = 0; i < 6; ++i) {
            std::filesystem::remove_all(after.path());
            copy_folder(whole.path(), after.path());
            for (const auto& [name, bytes] : now) std::filesystem::remove(after.sub("journal/" + name));
            for (const auto& [name, bytes] : mixture(durable_files_, now, generator_))
                write_file(after.sub("journal/" + name), bytes);
            forge_power_cut(after.path());
            check(after.path());
        }
        store_.reset();
        std::filesystem::remove_all(dir_.path());
        copy_folder(after.path(), dir_.path());
        store_ = open_store(dir_.path(), options_);
        history_.cut(raw(store_->last_sequence()));
        note_durable();
    }

  private:
    void commit() {
        const Steps steps = generator_.batch();
        Batch batch = batch_of(steps);
        const bool marked = generator_.below(10) == 0;
        if (marked) batch.refers_to(BlobId{generator_.below(100)});
        ASSERT_OK(store_->commit(std::move(batch)));
        history_.add(steps);
    }

    void sync() {
        ASSERT_OK(store_->sync(store_->last_sequence()));
        note_durable();
    }

    void flush() {
        ASSERT_OK(store_->flush());
        note_durable();
    }

    void note_durable() {
        durable_files_ = journal_files(dir_.path());
        durable_ = raw(store_->durable_sequence());
        EXPECT_EQ(history_.last(), durable_);
    }

    void check(const std::string& directory) {
        const auto store = open_store(directory, options_);
        const std::uint64_t last = raw(store->last_sequence());
        EXPECT_GE(last, durable_);
        ASSERT_LE(last, history_.last());
        EXPECT_ROWS(history_.at(last), rows_of(*store->snapshot()));
        prefixes_ += last < history_.last();
    }

    TempDir dir_;
    Generator generator_;
    const Options options_;
    History history_;
    std::unique_ptr<Store> store_;
    Files durable_files_;
    std::uint64_t durable_ = 0;

  public:
    int prefixes_ = 0;
};

TEST(PowerCut, AnyMixtureOfOldAndNewPagesGivesAPrefixWithAllThatWasSynced) {
    int prefixes = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Options options = quiet_options();
        options.segment_bytes = 16u << 10;
        Torture torture(seed, options);
        for (int life = 0; life < 6 && !testing::Test::HasFailure(); ++life) {
            torture.live();
            torture.die();
        }
        prefixes += torture.prefixes_;
    }
    EXPECT_GT(prefixes, 50);  // the cuts did hurt
}

}  // namespace
}  // namespace asterope::kv::test

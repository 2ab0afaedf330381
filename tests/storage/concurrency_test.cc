#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "tests/storage/temporary_store.h"
#include "tests/storage/volume_text.h"

/// Writers, readers, queries and snapshots at the same time, in threads of one process.
namespace asterope {
namespace {

constexpr int kWriters = 4, kReaders = 4;
constexpr std::size_t kStampBytes = 20'000;
constexpr int kAccounts = 8, kBalance = 100, kPairs = 3, kTokens = 6, kPlainFiles = 5;

std::string numbered(const char* name, std::uint64_t number) { return name + std::to_string(number); }

/// Files of which some things must be true in each single state.
class Town {
  public:
    explicit Town(Volume& volume) {
        for (const char* dir : {"x", "y"}) volume.create(kRootNode, dir, {.type = NodeType::directory}).value();
        for (int i = 0; i < kAccounts; ++i)
            volume.create(kRootNode, numbered("account ", i), {.document = {{"balance", kBalance}}}).value();
        for (int i = 0; i < kPairs; ++i) paint(volume, i, 'a', 10).value();
        put(volume, "stamp", std::string(kStampBytes, 'a'));
        for (int i = 0; i < kTokens; ++i) volume.create(dir(volume, "x"), numbered("token ", i), {.document = {{"token", i}}}).value();
    }

    /// What transactions do that are to leave all true.
    static Status change(Volume& view, std::mt19937_64& random, bool sees_one_state) {
        switch (random() % (sees_one_state ? 3 : 2)) {
            case 0: return paint(view, random() % kPairs, static_cast<char>('a' + random() % 26), random() % 2 == 0 ? 10 : 20'000);
            case 1: return move_token(view, random() % kTokens);
            default: return transfer(view, random() % kAccounts, random() % kAccounts, static_cast<int>(random() % 10));
        }
    }
    /// Empty, or what is not true in this state.
    static std::string problems_in(Volume& view, std::mt19937_64& random) {
        const std::uint64_t pair = random() % kPairs;
        const std::string left = get(view, numbered("left ", pair)), right = get(view, numbered("right ", pair));
        const std::string stamp = get(view, "stamp");
        if (stamp != std::string(kStampBytes, stamp.front())) return "a stamp of " + std::to_string(stamp.size()) + " bytes: " + stamp.substr(0, 20);
        if (left != right) return "a pair of " + std::to_string(left.size()) + " and " + std::to_string(right.size()) + " bytes";
        if (const int sum = sum_of_balances(view); sum != kAccounts * kBalance) return "balances of " + std::to_string(sum);
        std::set<std::string> tokens;
        for (const char* name : {"x", "y"}) {
            const auto entries = view.list(dir(view, name), 0, 1000).value();
            for (const DirEntry& entry : entries)
                if (!tokens.insert(entry.name).second) return entry.name + " twice";
        }
        if (tokens.size() != kTokens) return std::to_string(tokens.size()) + " tokens";
        if (const auto found = count(view, "exists(token)"); found != kTokens) return std::to_string(found) + " tokens found";
        return {};
    }

  private:
    static NodeId dir(Volume& view, const char* name) { return view.lookup(kRootNode, name).value().node; }

    static Status paint(Volume& view, std::uint64_t pair, char color, std::size_t bytes) {
        for (const char* side : {"left ", "right "}) {
            PutRequest request;
            request.content = ASTEROPE_TRY(view.stage());
            const std::string content(bytes, color);
            ASTEROPE_TRY_STATUS(request.content->append(std::as_bytes(std::span(content))));
            request.document = Document{{"color", std::string(1, color)}};
            ASTEROPE_TRY(view.put(kRootNode, numbered(side, pair), std::move(request)));
        }
        return {};
    }
    static Status move_token(Volume& view, std::uint64_t token) {
        const std::string name = numbered("token ", token);
        const NodeId x = dir(view, "x"), y = dir(view, "y");
        const bool is_in_x = view.lookup(x, name).has_value();
        return is_in_x ? view.rename({x, name}, {y, name}, RenameMode::no_replace) : view.rename({y, name}, {x, name}, RenameMode::no_replace);
    }
    static Result<int> balance(Volume& view, NodeId account) {
        const Document document = ASTEROPE_TRY(view.document(account));
        return static_cast<int>(*document.find("balance")->get_if<std::int64_t>());
    }
    static Status transfer(Volume& view, std::uint64_t from, std::uint64_t to, int amount) {
        if (from == to) return {};
        for (const auto& [number, change] : {std::pair(from, -amount), std::pair(to, amount)}) {
            const NodeId account = ASTEROPE_TRY(view.lookup(kRootNode, numbered("account ", number))).node;
            const int now = ASTEROPE_TRY(balance(view, account));
            ASTEROPE_TRY_STATUS(view.change_document(account, {{"balance", now + change}}));
        }
        return {};
    }
    static int sum_of_balances(Volume& view) {
        const auto results = view.query(query::parse_expression("balance > -1000000").value(), {.with_documents = true}).value();
        const auto hits = results->next(1000).value();
        int sum = 0;
        for (const Hit& hit : hits) sum += static_cast<int>(*hit.document->find("balance")->get_if<std::int64_t>());
        return sum;
    }
};

void stamp_in_place(Volume& volume, char fill) {
    const auto file = volume.open(volume.lookup(kRootNode, "stamp").value().node, {.mode = OpenMode::read_write}).value();
    const std::string bytes(kStampBytes, fill);
    EXPECT_EQ(outcome(file->write(0, std::as_bytes(std::span(bytes)))), "ok");
}

/// Operations of their own, on files of their own, that may meet in any order.
void change_plainly(Volume& volume, std::mt19937_64& random) {
    const std::string name = numbered("plain ", random() % kPlainFiles);
    const char fill = static_cast<char>('A' + random() % 26);
    const auto attr = volume.lookup(kRootNode, name);
    switch (random() % 6) {
        case 5: stamp_in_place(volume, fill); break;
        case 0:
        case 1: put(volume, name, std::string(random() % 2 == 0 ? 100 : 15'000, fill), {{"fill", std::string(1, fill)}}); break;
        case 2: (void)volume.unlink(kRootNode, name); break;
        case 3:
            if (attr) (void)volume.change_document(attr->node, {{"fill", static_cast<int>(random() % 5)}});
            break;
        default:
            if (!attr) break;
            if (const auto file = volume.open(attr->node, {.mode = OpenMode::read_write})) {
                (void)(*file)->write(random() % 100, std::as_bytes(std::span(&fill, 1)));
                (void)(*file)->commit(Durability::none);
            }
    }
}

/// How often each came to its end.
struct Counts {
    std::atomic<int> committed = 0, conflicts = 0, looks = 0;
};

void write(Volume& volume, std::mt19937_64& random, Counts& counts) {
    if (random() % 4 == 0) return change_plainly(volume, random);
    const auto isolation = static_cast<Isolation>(random() % 3);
    const auto transaction = volume.begin({.isolation = isolation}).value();
    Status done;
    for (int i = 0; done && i < 3; ++i) done = Town::change(transaction->view(), random, isolation != Isolation::read_committed);
    // One that reads the latest commit may see another between two of its reads.
    if (!done && isolation == Isolation::read_committed) return;
    EXPECT_EQ(outcome(done), "ok");
    if (random() % 10 == 0) return transaction->abort();
    const std::string committed = outcome(transaction->commit());
    ++(committed == "ok" ? counts.committed : counts.conflicts);
    EXPECT_TRUE(committed == "ok" || committed == "conflict") << committed;
}

void read(Volume& volume, std::mt19937_64& random, Counts& counts) {
    const auto isolation = static_cast<Isolation>(random() % 3);
    if (isolation == Isolation::read_committed) {
        const std::string content = get(volume, numbered("left ", random() % kPairs));
        EXPECT_EQ(content, std::string(content.size(), content.front())) << "a replaced file is the old or the new one";
        (void)get(volume, numbered("plain ", random() % kPlainFiles));
        (void)count(volume, "fill = 3 or exists(color)");
    } else {
        const auto transaction = volume.begin({.isolation = isolation}).value();
        EXPECT_EQ(Town::problems_in(transaction->view(), random), "");
        EXPECT_EQ(outcome(transaction->commit()), "ok");
    }
    ++counts.looks;
}

void look_at_snapshot(LocalVolume& volume, std::mt19937_64& random) {
    EXPECT_EQ(outcome(volume.make_snapshot("now")), "ok");
    {
        const auto snapshot = volume.open_snapshot("now").value();
        for (int i = 0; i < 3; ++i) EXPECT_EQ(Town::problems_in(*snapshot, random), "");
    }
    EXPECT_EQ(outcome(volume.drop_snapshot("now")), "ok");
    EXPECT_EQ(problems(volume), "") << "a check of the store while it is in use";
}

/// ASTEROPE_SECONDS: for how long.
TEST(Concurrency, EachTransactionAndSnapshotSeesAStateInWhichAllIsTrue) {
    const char* const given = std::getenv("ASTEROPE_SECONDS");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(given == nullptr ? 3 : std::atoi(given));
    const std::uint64_t seed = std::random_device()();
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    TemporaryStore store;
    const Town town(store.volume());
    Counts counts;
    std::vector<std::thread> threads;
    for (int i = 0; i < kWriters + kReaders; ++i) {
        threads.emplace_back([&, i] {
            std::mt19937_64 random(seed + static_cast<std::uint64_t>(i));
            while (std::chrono::steady_clock::now() < end && !testing::Test::HasFailure())
                i < kWriters ? write(store.volume(), random, counts) : read(store.volume(), random, counts);
        });
    }
    std::mt19937_64 random(seed);
    do {
        look_at_snapshot(store.volume(), random);
    } while (std::chrono::steady_clock::now() < end && !testing::Test::HasFailure());
    for (std::thread& thread : threads) thread.join();
    std::printf("%d committed, %d conflicts, %d looks\n", counts.committed.load(), counts.conflicts.load(), counts.looks.load());
    EXPECT_GT(counts.committed, 0);
    EXPECT_GT(counts.looks, 0);
    EXPECT_EQ(Town::problems_in(store.volume(), random), "");
    EXPECT_EQ(problems(store.volume()), "");
    store.reopen();
    EXPECT_EQ(Town::problems_in(store.volume(), random), "");
}

}  // namespace
}  // namespace asterope

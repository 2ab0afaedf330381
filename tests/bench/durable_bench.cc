// What durable commits cost, beside SQLite on the same disk, and what the background costs commits that are not durable.
// Usage: durable_bench [SECONDS [ROUNDS]]. Everything is in $TMPDIR. The ways take turns, SECONDS each; the best of ROUNDS is shown,
// which is the one that the rest of the machine has disturbed least.

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <thread>

#include "engine/storage/kv/disk.h"
#include "tests/storage/temporary_store.h"

namespace {

using namespace asterope;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kContentBytes = 4096;
constexpr int kThreads = 8;

struct Options {
    std::chrono::seconds seconds{5};
    int rounds = 3;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Times of single operations, in microseconds.
class Times {
  public:
    void add(double us) { all_.push_back(static_cast<float>(us)); }
    void add(const Times& other) { all_.insert(all_.end(), other.all_.begin(), other.all_.end()); }
    std::size_t count() const { return all_.size(); }
    double at(double share) {
        if (all_.empty()) return 0;
        const auto place = std::min(all_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(all_.size())));
        std::nth_element(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(place), all_.end());
        return all_[place];
    }

  private:
    std::vector<float> all_;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

/// The same for all: 8 fields, as of an image of a series.
Fields fields(std::uint64_t i, std::mt19937_64& random) {
    return {{"PatientID", "P" + std::to_string(i / 50)},        {"Modality", random() % 2 == 0 ? "CT" : "MR"},
            {"StudyDate", "2024-01-" + std::to_string(10 + random() % 18)}, {"SeriesNumber", std::to_string(i % 50)},
            {"RowCount", random() % 2 == 0 ? "256" : "512"},    {"dose", std::to_string(random() % 80'000)},
            {"Manufacturer", "Maker " + std::to_string(random() % 10)},     {"SOPInstanceUID", "1.2.840." + std::to_string(random())}};
}

std::string content(std::mt19937_64& random) {
    std::string bytes(kContentBytes, '\0');
    for (std::size_t i = 0; i < bytes.size(); i += 8) *reinterpret_cast<std::uint64_t*>(bytes.data() + i) = random();
    return bytes;
}

Document document(const Fields& fields) {
    Document document;
    for (const auto& [name, value] : fields) document.set(name, value);
    return document;
}

/// Stores one file.
using Store = std::function<void(std::uint64_t number, std::mt19937_64& random)>;

/// How one way of storing did, in its best round.
struct Way {
    const char* name;
    int threads = 1;
    double per_second = 0, syncs = 0;  ///< syncs: for each commit
    Times times{};
};

std::atomic<std::uint64_t> syncs = 0;  ///< of this process's store

void measure(Way& way, std::chrono::seconds seconds, std::atomic<std::uint64_t>& number, const Store& store) {
    std::vector<Times> times(static_cast<std::size_t>(way.threads));
    std::vector<std::thread> threads;
    const std::uint64_t syncs_before = syncs;
    const auto start = Clock::now();
    for (Times& own : times) {
        threads.emplace_back([&, seed = number.fetch_add(1'000'000)] {
            std::mt19937_64 random(seed);
            while (Clock::now() - start < seconds) {
                const std::uint64_t i = ++number;
                const auto begun = Clock::now();
                store(i, random);
                own.add(seconds_since(begun) * 1e6);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    const double took = seconds_since(start);
    Times all;
    for (const Times& own : times) all.add(own);
    const double per_second = static_cast<double>(all.count()) / took;
    if (per_second <= way.per_second) return;
    way.per_second = per_second;
    way.syncs = static_cast<double>(syncs - syncs_before) / static_cast<double>(all.count());
    way.times = std::move(all);
}

/// The same as a table of SQLite with an index on each field.
class Table {
  public:
    explicit Table(const std::string& path) {
        if (sqlite3_open(path.c_str(), &base_) != SQLITE_OK) std::abort();
        run("pragma journal_mode = wal");
        run("pragma synchronous = full");
        std::mt19937_64 random;
        std::string columns, marks;
        for (const auto& [name, value] : fields(0, random)) columns += ", " + name + " text", marks += ", ?";
        run("create table files (name text primary key, content blob" + columns + ") without rowid");
        for (const auto& [name, value] : fields(0, random)) run("create index of_" + name + " on files (" + name + ")");
        const std::string insert = "insert into files values (?, ?" + marks + ")";
        if (sqlite3_prepare_v2(base_, insert.c_str(), -1, &insert_, nullptr) != SQLITE_OK) std::abort();
    }
    ~Table() {
        sqlite3_finalize(insert_);
        sqlite3_close(base_);
    }
    Table(const Table&) = delete;

    void add(const std::string& name, const std::string& bytes, const Fields& fields) {
        int at = 0;
        bind(++at, name);
        sqlite3_bind_blob(insert_, ++at, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
        for (const auto& field : fields) bind(++at, field.second);
        if (sqlite3_step(insert_) != SQLITE_DONE) std::abort();
        sqlite3_reset(insert_);
    }

  private:
    void run(const std::string& statement) {
        if (sqlite3_exec(base_, statement.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) std::abort();
    }
    void bind(int at, const std::string& text) {
        sqlite3_bind_text(insert_, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    }

    sqlite3* base_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};

void put(Volume& volume, std::uint64_t number, std::mt19937_64& random, Durability durability) {
    const std::string bytes = content(random);
    PutRequest request;
    request.content = volume.stage().value();
    request.content->append(std::as_bytes(std::span(bytes))).value();
    request.document = document(fields(number, random));
    request.durability = durability;
    (void)volume.put(kRootNode, "f" + std::to_string(number), std::move(request)).value();
}

/// The least that a durable commit can be: its bytes are written over others, and one fdatasync.
class BareFile {
  public:
    explicit BareFile(const std::string& path) : fd_(open_file(path, O_CREAT | O_RDWR).value()) {
        const std::string zeros(1 << 20, '\0');
        for (std::uint64_t at = 0; at < kBytes; at += zeros.size()) kv::write_all(fd_.get(), zeros, at).value();
        ::fsync(fd_.get());
    }
    void add(const std::string& bytes) {
        kv::write_all(fd_.get(), bytes, at_).value();
        ::fdatasync(fd_.get());
        at_ = (at_ + bytes.size()) % kBytes;
    }

  private:
    static constexpr std::uint64_t kBytes = 16 << 20;
    Descriptor fd_;
    std::uint64_t at_ = 0;
};

void durable_commits(const Options& options) {
    kv::set_disk_fault([](kv::DiskCall call) {
        syncs += call == kv::DiskCall::sync;
        return 0;
    });
    {
        TemporaryStore store;
        const std::string folder = boost::filesystem::path(store.path()).parent_path().string();
        Table table(folder + "/sqlite");
        BareFile bare(folder + "/bare");
        Way ways[] = {{"write 4 KiB and fdatasync, nothing else"},
                      {"SQLite, WAL, synchronous=full"},
                      {"AsteropeDB"},
                      {"AsteropeDB, 8 threads", kThreads}};
        std::atomic<std::uint64_t> number = 0;
        for (int round = 0; round < options.rounds; ++round) {
            measure(ways[0], options.seconds, number, [&](auto, auto& random) { bare.add(content(random)); });
            measure(ways[1], options.seconds, number,
                    [&](auto i, auto& random) { table.add("f" + std::to_string(i), content(random), fields(i, random)); });
            for (Way* const way : {&ways[2], &ways[3]})
                measure(*way, options.seconds, number, [&](auto i, auto& random) { put(store.volume(), i, random, Durability::sync); });
        }
        std::printf("| durable commit of 4 KiB with 8 indexed fields | a second | median | 99 %% | syncs for each |\n|---|---|---|---|---|\n");
        for (Way& way : ways) {
            std::printf("| %s | %.0f | %.2f ms | %.2f ms |", way.name, way.per_second, way.times.at(0.5) / 1000, way.times.at(0.99) / 1000);
            if (&way >= &ways[2]) std::printf(" %.2f", way.syncs);
            std::printf(" |\n");
        }
    }
    kv::set_disk_fault({});
}

/// Creates as fast as they are taken, for so long that the background has to keep up.
void storm(const Options& options) {
    TemporaryStore store;
    std::mt19937_64 random(1);
    Times times;
    std::vector<double> each_second;
    const auto start = Clock::now();
    NodeId dir{};
    for (std::uint64_t i = 0; seconds_since(start) < static_cast<double>(options.seconds.count() * options.rounds); ++i) {
        if (i % 1000 == 0) dir = store.volume().create(kRootNode, "d" + std::to_string(i), {.type = NodeType::directory}).value().node;
        const NewNode what{.document = document(fields(i, random))};
        const auto begun = Clock::now();
        (void)store.volume().create(dir, "f" + std::to_string(i), what).value();
        times.add(seconds_since(begun) * 1e6);
        const auto second = static_cast<std::size_t>(seconds_since(start));
        each_second.resize(std::max(each_second.size(), second + 1));
        ++each_second[second];
    }
    each_second.pop_back();  // not a whole one
    std::printf("\n| creates with 8 fields, not durable, %zu s | |\n|---|---|\n", each_second.size());
    std::printf("| in the first second | %.0f |\n", each_second.front());
    std::sort(each_second.begin(), each_second.end());
    std::printf("| in the median second | %.0f |\n| in the slowest second | %.0f |\n", each_second[each_second.size() / 2], each_second.front());
    std::printf("| one of them: median, 99 %%, 99.9 %%, most | %.0f us, %.0f us, %.2f ms, %.1f ms |\n", times.at(0.5), times.at(0.99),
                times.at(0.999) / 1000, times.at(1) / 1000);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (argc > 1) options.seconds = std::chrono::seconds(std::atoi(argv[1]));
    if (argc > 2) options.rounds = std::atoi(argv[2]);
    durable_commits(options);
    storm(options);
}

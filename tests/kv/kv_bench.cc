// Measures the key-value layer. Usage: kv_bench [DIRECTORY [COMMITS [BUFFER_MIB [PART_PAGES]]]]; the directory is made and removed.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/storage/kv/kv.h"
#include "tests/bench/memory_peak.h"

using namespace asterope;
using namespace asterope::kv;

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPuts = 16;

double seconds_of(const std::function<void()>& work) {
    const auto start = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string big_endian(std::uint64_t value) {
    std::string bytes(8, '\0');
    for (int i = 7; i >= 0; --i, value >>= 8)
        bytes[static_cast<std::size_t>(i)] = static_cast<char>(value & 0xff);
    return bytes;
}

/// An index entry: field, value, node; nothing as value.
std::string index_key(std::uint64_t field, std::uint64_t value, std::uint64_t node) {
    return big_endian(field).substr(4) + '\3' + big_endian(value) + big_endian(node);
}

/// Like the creation of a file: a few records of its own, and index entries at random places.
Batch make_batch(std::uint64_t node, std::mt19937_64& random) {
    Batch batch;
    const std::string id = big_endian(node);
    batch.put(Table::nodes, id, std::string(40, 'n'));
    batch.put(Table::names, big_endian(1) + "file-" + std::to_string(node), id);
    batch.put(Table::documents, id, std::string(40, 'd'));
    batch.put(Table::changes, id, std::string(30, 'c'));
    for (std::uint64_t field = 4; field < kPuts; ++field)
        batch.put(Table::index, index_key(field, random() % 100000, node), {});
    return batch;
}

std::size_t scan(const Reader& reader, Table table) {
    const auto cursor = reader.cursor(table);
    std::size_t count = 0;
    for (cursor->seek({}); cursor->valid(); cursor->next()) count += cursor->key().size() != 0;
    return count;
}

std::size_t scan_back(const Reader& reader, Table table) {
    const auto cursor = reader.cursor(table);
    std::size_t count = 0;
    for (cursor->seek_last(); cursor->valid(); cursor->prev()) ++count;
    return count;
}

void measure_commits(Store& store, std::uint64_t count, std::mt19937_64& random) {
    std::vector<double> us;
    us.reserve(count);
    double working = 0;
    const double total = seconds_of([&] {
        for (std::uint64_t i = 0; i < count; ++i) {
            Batch batch = make_batch(i, random);
            const auto start = Clock::now();
            if (!store.commit(std::move(batch))) std::abort();
            us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
            working += us.back();
        }
    });
    const double flushing = seconds_of([&] {
        if (!store.flush()) std::abort();
    });
    std::sort(us.begin(), us.end());
    const auto at = [&](double q) {
        return us[static_cast<std::size_t>(q * static_cast<double>(us.size() - 1))];
    };
    std::printf("commit of %d puts: median %.1f us, mean %.1f us, p99 %.1f us, max %.0f us\n", kPuts, at(.5),
                working / static_cast<double>(count), at(.99), at(1));
    std::printf("sustained: %.0f commits/s (%.2f s and %.2f s for the last buffers)\n",
                static_cast<double>(count) / (total + flushing), total, flushing);
}

void measure_scan(const char* what, const Reader& reader, std::size_t (*walk)(const Reader&, Table)) {
    std::size_t entries = 0;
    const double s = seconds_of([&] { entries = walk(reader, Table::index); });
    std::printf("%-46s %6.1f M entries/s (%zu entries)\n", what, static_cast<double>(entries) / s / 1e6,
                entries);
}

void measure_gets(const char* what, const Reader& reader, std::uint64_t nodes, std::mt19937_64& random) {
    constexpr int kGets = 500000;
    std::size_t found = 0;
    const double s = seconds_of([&] {
        for (int i = 0; i < kGets; ++i)
            found += (*reader.get(Table::nodes, big_endian(random() % nodes))).has_value();
    });
    std::printf("%-46s %6.2f us (%zu found)\n", what, s / kGets * 1e6, found);
}

void measure_syncs(Store& store, std::mt19937_64& random) {
    constexpr int kSyncs = 200;
    const double s = seconds_of([&] {
        for (int i = 0; i < kSyncs; ++i) {
            const auto sequence = store.commit(make_batch(static_cast<std::uint64_t>(i), random));
            if (!sequence || !store.sync(*sequence)) std::abort();
        }
    });
    std::printf("%-46s %6.0f us\n", "commit and sync, alone", s / kSyncs * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string directory = argc > 1 ? argv[1] : "/tmp/kv_bench." + std::to_string(::getpid());
    const std::uint64_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 300000;
    std::filesystem::create_directories(directory);
    std::mt19937_64 random(1);
    {
        Options options;
        if (argc > 3) options.buffer_bytes = std::strtoull(argv[3], nullptr, 10) << 20;
        if (argc > 4) options.part_pages = std::strtoull(argv[4], nullptr, 10);
        options.log = [](std::string_view line) {
            std::printf("log: %.*s\n", static_cast<int>(line.size()), line.data());
        };
        auto opened = Store::open(directory, options, true);
        if (!opened) {
            std::fprintf(stderr, "%s\n", opened.error().text().c_str());
            return 1;
        }
        Store& store = **opened;
        {
            const bench::MemoryPeak memory;
            measure_commits(store, count, random);
            std::printf("%-46s %6.0f MiB\n", "anonymous memory meanwhile, at most", memory.mebibytes());
        }
        measure_scan("index scan, buffers empty", *store.snapshot(), scan);
        measure_scan("index scan backward, buffers empty", *store.snapshot(), scan_back);
        measure_gets("point lookup, buffers empty", *store.snapshot(), count, random);
        constexpr std::uint64_t kBuffered = 15000;
        for (std::uint64_t i = 0; i < kBuffered; ++i) {
            if (!store.commit(make_batch(i * 7, random))) return 1;
        }
        measure_scan("index scan, with a buffer of 15 000 batches", *store.snapshot(), scan);
        measure_scan("index scan backward, the same", *store.snapshot(), scan_back);
        measure_gets("point lookup, the same", *store.snapshot(), count, random);
        constexpr int kSnapshots = 1000000;
        const double s = seconds_of([&] {
            for (int i = 0; i < kSnapshots; ++i) store.snapshot();
        });
        std::printf("%-46s %6.0f ns\n", "snapshot taken and dropped", s / kSnapshots * 1e9);
        measure_syncs(store, random);
        const Stats stats = store.stats();
        std::printf(
            "journal %.0f MB, %llu syncs, %llu flushes, tree %.0f MB\n",
            static_cast<double>(stats.journal_bytes) / 1e6, static_cast<unsigned long long>(stats.syncs),
            static_cast<unsigned long long>(stats.flushes), static_cast<double>(stats.tree_bytes) / 1e6);
        if (!store.close()) return 1;
    }
    std::filesystem::remove_all(directory);
    return 0;
}

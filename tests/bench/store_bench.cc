// Creates files with 8 fields each in a new store, and asks for them. Usage: store_bench [FILES]; the store is in $TMPDIR.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "query/parser.h"
#include "tests/storage/temporary_store.h"

namespace {

using namespace asterope;
using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

Document study(std::size_t i, std::mt19937_64& random) {
    static constexpr const char* kModalities[] = {"CT", "CT", "MR", "MR", "PT"};  // 40 % CT
    const auto day = [&] { return std::to_string(10 + random() % 18); };
    return {{"PatientID", "P" + std::to_string(i / 50)},
            {"Modality", kModalities[random() % 5]},
            {"StudyDate", "202" + std::to_string(random() % 5) + "-0" + std::to_string(1 + random() % 9) + "-" + day()},
            {"SeriesNumber", std::to_string(i % 50)},
            {"Rows", random() % 2 == 0 ? "256" : "512"},
            {"dose", std::to_string(static_cast<double>(random() % 80'000) / 1000)},
            {"Manufacturer", "Maker " + std::to_string(random() % 7)},
            {"SOPInstanceUID", "1.2.840." + std::to_string(random())}};
}

void create_files(Volume& volume, std::size_t count) {
    std::mt19937_64 random(1);
    std::vector<float> each;
    double total = 0;
    NodeId dir{};
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 1000 == 0)
            dir = volume.create(kRootNode, "d" + std::to_string(i / 1000), {.type = NodeType::directory}).value().node;
        const NewNode what{.document = study(i, random)};
        const auto start = Clock::now();
        if (!volume.create(dir, "f" + std::to_string(i), what)) std::abort();
        each.push_back(static_cast<float>(microseconds_since(start)));
        total += each.back();
    }
    const auto middle = each.begin() + static_cast<std::ptrdiff_t>(count / 2);
    std::nth_element(each.begin(), middle, each.end());
    std::printf("%-58s %10.1f us\n", "create with 8 fields, median in the foreground", static_cast<double>(*middle));
    std::printf("%-58s %10.0f /s\n", "creates, sustained", static_cast<double>(count) / total * 1e6);
}

/// Creates the files in a process that dies right afterwards, and opens the store again.
void create_and_die(TemporaryStore& store, std::size_t count) {
    store.close();
    const pid_t child = ::fork();
    if (child == 0) {
        const auto volume = TemporaryStore::open_at(store.path());
        create_files(*volume, count);
        std::fflush(nullptr);
        std::raise(SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
    const auto start = Clock::now();
    store.open();
    std::printf("%-58s %10.1f ms\n", "opening after kill -9 right after the last create", microseconds_since(start) / 1000);
}

void look_up(Volume& volume, std::size_t count) {
    std::mt19937_64 random(2);
    constexpr int kLookups = 100'000;
    std::vector<std::pair<NodeId, std::string>> names;
    for (int i = 0; i < kLookups; ++i) {
        const std::size_t file = random() % count;
        names.emplace_back(volume.lookup(kRootNode, "d" + std::to_string(file / 1000)).value().node, "f" + std::to_string(file));
    }
    const auto start = Clock::now();
    for (const auto& [dir, name] : names)
        if (!volume.lookup(dir, name)) std::abort();
    std::printf("%-58s %10.2f us\n", "lookup of a name with its attributes, random", microseconds_since(start) / kLookups);
}

void ask(Volume& volume, const char* text) {
    const auto query = query::parse_expression(text).value();
    std::vector<double> counts, firsts;
    std::uint64_t matches = 0;
    for (int i = 0; i < 7; ++i) {
        auto start = Clock::now();
        matches = volume.count(query, {}).value();
        counts.push_back(microseconds_since(start));
        start = Clock::now();
        const auto results = volume.query(query, {}).value();
        (void)results->next(20).value();
        firsts.push_back(microseconds_since(start));
    }
    std::sort(counts.begin(), counts.end());
    std::sort(firsts.begin(), firsts.end());
    std::printf("%-58s count %9llu in %8.2f ms, first 20 in %8.2f ms\n", text, static_cast<unsigned long long>(matches),
                counts[3] / 1000, firsts[3] / 1000);
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    TemporaryStore store;
    create_and_die(store, count);
    look_up(store.volume(), count);
    for (const char* text : {"PatientID = P777 and SeriesNumber = 7", "PatientID = P777", "Modality = CT", "dose > 40",
                             "Modality = CT and dose > 79", "Modality = CT and Rows = 512", "not Modality = CT",
                             "StudyDate = 2023-05", "Manufacturer starts with 'Maker 3'", "Modality = CT or Modality = PT",
                             "order by StudyDate desc limit 20"})
        ask(store.volume(), text);
}

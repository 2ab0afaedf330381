// Creates files with 8 fields each, looks them up, and asks for them. Usage: store_bench [FILES [FOLDER [EXPRESSION ...]]]
// With a FOLDER the store is kept there, and a store that is there already is asked only: everything, or the EXPRESSIONs.
// Else it is in $TMPDIR, for the time of the run. Creates are measured by the clock, all else as the processor time of the thread.

#include <time.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "query/parser.h"
#include "tests/bench/memory_peak.h"
#include "tests/storage/temporary_store.h"

namespace {

using namespace asterope;
using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// Processor time of this thread: what it costs on an idle machine, whatever else runs on this one.
class ProcessorTime {
  public:
    double microseconds() const { return now() - start_; }

  private:
    static double now() {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
    }
    double start_ = now();
};

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
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
            {"Manufacturer", "Maker " + std::to_string(random() % 10)},
            {"SOPInstanceUID", "1.2.840." + std::to_string(random())}};
}

void create_files(Volume& volume, std::size_t count) {
    std::mt19937_64 random(1);
    std::vector<float> each;
    each.reserve(count);
    double total = 0;
    NodeId dir{};
    const bench::MemoryPeak memory;
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
    std::printf("%-58s %10.0f MiB\n", "anonymous memory while creating, at most", memory.mebibytes());
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

/// `when`: the first pass after opening meets pages that this process has not touched yet.
void look_up(Volume& volume, std::size_t count, const char* when) {
    std::mt19937_64 random(2);
    constexpr int kLookups = 100'000;
    std::vector<std::pair<NodeId, std::string>> names;
    for (int i = 0; i < kLookups; ++i) {
        const std::size_t file = random() % count;
        names.emplace_back(volume.lookup(kRootNode, "d" + std::to_string(file / 1000)).value().node, "f" + std::to_string(file));
    }
    const ProcessorTime time;
    for (const auto& [dir, name] : names)
        if (!volume.lookup(dir, name)) std::abort();
    std::printf("%-58s %10.2f us\n", when, time.microseconds() / kLookups);
}

void ask(Volume& volume, const char* text) {
    const auto query = query::parse_expression(text).value();
    std::vector<double> counts, firsts;
    std::uint64_t matches = 0;
    for (int i = 0; i < 11; ++i) {
        const ProcessorTime counting;
        matches = volume.count(query, {}).value();
        counts.push_back(counting.microseconds() / 1000);
        const ProcessorTime first;
        const auto results = volume.query(query, {}).value();
        (void)results->next(20).value();
        firsts.push_back(first.microseconds() / 1000);
    }
    std::printf("%-58s count %9llu in %8.2f ms, first 20 in %8.2f ms\n", text, static_cast<unsigned long long>(matches),
                median(counts), median(firsts));
}

void stream(Volume& volume, const char* text) {
    const auto query = query::parse_expression(text).value();
    const bench::MemoryPeak memory;
    const ProcessorTime time;
    const auto results = volume.query(query, {}).value();
    std::size_t total = 0;
    while (const std::size_t count = results->next(1000).value().size()) total += count;
    std::printf("%-58s stream %8zu in %8.0f ms, anonymous memory at most %.0f MiB\n", text, total, time.microseconds() / 1000,
                memory.mebibytes());
}

void measure(Volume& volume, std::size_t count) {
    look_up(volume, count, "lookup of a name with its attributes, random, first touch");
    look_up(volume, count, "lookup of a name with its attributes, random, again");
    for (const char* text :
         {"PatientID = P777 and SeriesNumber = 7", "PatientID = P777", "Modality = CT", "dose > 40", "Modality = CT and dose > 79",
          "Modality = CT and Rows = 512", "Manufacturer = 'Maker 3' and dose between 40 and 48",
          "Manufacturer = 'Maker 3' and StudyDate = 2023-05", "not Modality = CT", "not Modality = CT and not Rows = 512",
          "StudyDate = 2023-05", "Manufacturer starts with 'Maker 3'", "Modality = CT or Modality = PT",
          "Modality = CT or Rows = 512 or StudyDate = 2023-05", "order by StudyDate desc limit 5", "order by StudyDate desc limit 20",
          "order by StudyDate limit 20", "Modality = CT order by StudyDate desc limit 20", "order by SOPInstanceUID desc limit 20"})
        ask(volume, text);
    for (const char* text : {"Modality = CT or not Modality = CT", "dose > 1", "order by StudyDate"}) stream(volume, text);
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    if (argc > 2) {
        const std::string folder = argv[2];
        if (!boost::filesystem::exists(folder)) {
            if (!LocalVolume::init(folder)) std::abort();
            create_files(*TemporaryStore::open_at(folder), count);
        }
        const auto volume = TemporaryStore::open_at(folder);
        if (argc == 3) measure(*volume, count);
        for (int i = 3; i < argc; ++i) ask(*volume, argv[i]);
        return 0;
    }
    TemporaryStore store;
    create_and_die(store, count);
    measure(store.volume(), count);
}

// What programs pay for working in a mount, beside other filesystems on the same disk: one table in Markdown,
// each place compared with the first, and the requests that a mount of AsteropeDB answered for each
// operation. Usage: mount_bench [options] NAME=DIRECTORY...; tests/bench/run.sh mounts them. DIRECTORY is the
// root of the mount.

#include <sys/stat.h>
#include <sys/xattr.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>
#include <system_error>

#include "fs/request_counts.h"
#include "tests/bench/workloads.h"

namespace {

using namespace asterope;
using namespace asterope::bench;

struct Place {
    std::string name, root;
    std::string dir() const { return root + "/bench"; }
};

/// Requests by kind; empty where they are not counted.
using Requests = std::map<std::string, double>;

struct Run {
    double seconds = NAN;  ///< NAN: this place cannot do it
    Requests requests{};
};

Place parse_place(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) throw CLI::ValidationError("'" + argument + "' is not NAME=DIRECTORY");
    return {argument.substr(0, equals), argument.substr(equals + 1)};
}

/// What a mount of AsteropeDB has answered.
Requests requests_at(const std::string& root) {
    char text[8192];
    const std::string name(fs::kRequestsAttribute);
    const ssize_t size = ::getxattr(root.c_str(), name.c_str(), text, sizeof text);
    Requests requests;
    std::istringstream lines(std::string(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
    std::string kind;
    double count = 0;
    while (lines >> kind >> count) requests[kind] = count;
    return requests;
}

Requests difference(Requests after, const Requests& before) {
    for (const auto& [kind, count] : before) after[kind] -= count;
    after.erase("forget");                       // nobody waits for it
    if (!after.empty()) after["getxattr"] -= 1;  // the question itself
    return after;
}

Run measure(const Workload& workload, const Place& place) {
    std::fprintf(stderr, "%s: %s\n", place.name.c_str(), workload.name.c_str());
    const Requests before = requests_at(place.root);
    const auto start = std::chrono::steady_clock::now();
    try {
        workload.run(place.dir());
    } catch (const std::system_error& error) {
        std::fprintf(stderr, "%s, %s: %s\n", place.name.c_str(), workload.name.c_str(), error.what());
        return {};
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    return {taken.count(), difference(requests_at(place.root), before)};
}

Run median(std::vector<Run> runs) {
    const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
    std::nth_element(runs.begin(), middle, runs.end(),
                     [](const Run& a, const Run& b) { return a.seconds < b.seconds; });
    return *middle;
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    return text;
}

std::string figure(const Workload& workload, double seconds) {
    if (std::isnan(seconds)) return "no";
    if (workload.unit == Workload::Unit::microseconds) return number(seconds / workload.amount * 1e6) + " us";
    if (workload.unit == Workload::Unit::mib_per_second) return number(workload.amount / seconds) + " MiB/s";
    return number(seconds) + " s";
}

/// The kinds that matter, for each operation: "open 1, read 1".
std::string each(const Requests& requests, double operations) {
    std::string text;
    for (const auto& [kind, count] : requests) {
        const double share = count / operations;
        if (share < 0.05) continue;
        char item[64];
        std::snprintf(item, sizeof item, share < 10 ? "%s %.2g" : "%s %.0f", kind.c_str(), share);
        text += (text.empty() ? "" : ", ") + std::string(item);
    }
    return text;
}

void print_head(const std::vector<Place>& places) {
    std::string head = "| what |", rule = "|---|";
    for (const auto& place : places) head += " " + place.name + " |", rule += "---|";
    std::printf("%s requests each |\n%s---|\n", head.c_str(), rule.c_str());
}

void print_row(const Workload& workload, const std::vector<Run>& runs) {
    std::string row = "| " + workload.name + " |";
    std::string requests;
    for (const Run& run : runs) {
        row += " " + figure(workload, run.seconds);
        if (&run != &runs.front() && !std::isnan(run.seconds))
            row += " (" + number(run.seconds / runs.front().seconds) + "x)";
        row += " |";
        if (!run.requests.empty()) requests = each(run.requests, workload.amount);
    }
    std::printf("%s %s |\n", row.c_str(), requests.empty() ? "none" : requests.c_str());
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Measures mounts beside other filesystems");
    Sizes sizes;
    std::size_t rounds = 3;
    std::vector<std::string> arguments;
    app.add_option("--mib", sizes.file_mib, "size of the large file")->capture_default_str();
    app.add_option("--blocks", sizes.block_count, "random blocks read and written")->capture_default_str();
    app.add_option("--files", sizes.file_count, "small files")->capture_default_str();
    app.add_option("--listed", sizes.listed_count, "files in the directory that is listed")
        ->capture_default_str();
    app.add_option("--archive", sizes.archive, "a tar to unpack and to keep in git");
    app.add_option("--rounds", rounds, "runs of each; the median is shown")
        ->capture_default_str()
        ->check(CLI::Range(1, 99));
    app.add_option("places", arguments, "NAME=DIRECTORY; the first is what the others are compared with")
        ->required();
    CLI11_PARSE(app, argc, argv);

    std::vector<Place> places;
    for (const auto& argument : arguments) places.push_back(parse_place(argument));
    for (const auto& place : places)
        if (::mkdir(place.dir().c_str(), 0755) != 0) return std::perror(place.dir().c_str()), 1;
    const auto work = workloads(sizes);
    // The places take turns at each workload, so that what else the machine does meets all of them.
    std::vector<std::vector<std::vector<Run>>> runs(work.size(),
                                                    std::vector<std::vector<Run>>(places.size()));
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t w = 0; w < work.size(); ++w)
            for (std::size_t p = 0; p < places.size(); ++p) runs[w][p].push_back(measure(work[w], places[p]));
    print_head(places);
    for (std::size_t w = 0; w < work.size(); ++w) {
        std::vector<Run> medians;
        for (auto& of_place : runs[w]) medians.push_back(median(std::move(of_place)));
        print_row(work[w], medians);
    }
    for (const auto& place : places) ::rmdir(place.dir().c_str());
}

#pragma once

#include <functional>
#include <string>
#include <vector>

namespace asterope::bench {

/// How much each workload does.
struct Sizes {
    std::size_t file_mib = 1024;      ///< the large file
    std::size_t block_count = 20000;  ///< random reads and writes of 4 KiB
    std::size_t file_count = 5000;    ///< small files
    std::size_t listed_count = 100000;
    std::string archive{};  ///< a tar to unpack; empty: leave those workloads out
};

/// One thing that programs do with a filesystem, in a directory of its own choice.
struct Workload {
    enum class Unit {
        microseconds,
        mib_per_second,
        seconds
    };  ///< for each operation, of the stream, for all of it

    std::string name;
    Unit unit;
    double amount;                                    ///< operations or MiB that one run does
    std::function<void(const std::string& dir)> run;  ///< throws std::system_error
};

/// In their order: each may use what an earlier one left; the last ones leave nothing.
std::vector<Workload> workloads(const Sizes& sizes);

}  // namespace asterope::bench

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/storage/watch.h"

namespace asterope {

class LocalVolume;

struct CheckReport {
    std::uint64_t nodes = 0, documents = 0, index_entries = 0, blobs = 0;
    std::uint64_t problem_count = 0, mended_count = 0;
    std::vector<std::string> problems;  ///< what is not as it should be: one line each, the first kProblemsMax
    std::vector<std::string> mended;    ///< what was not, and what was done; likewise
    bool is_whole = true;               ///< false: the index has pages that cannot be read
};
constexpr std::size_t kProblemsMax = 1000;

/// Compares what must agree in one state of a store: names with listings and nodes, link counts, contents with their
/// records, documents with index entries in both directions, blobs with references and sizes, counters. Changes nothing;
/// writers go on meanwhile.
/// A damaged page of the index is a problem like any other, with the files that cannot be read because of it.
/// Memory: that of an Inspection (engine/storage/inspection.h).
/// Errors: io · interrupted
Result<CheckReport> check_store(LocalVolume& volume, const Watch& watch = {});

}  // namespace asterope

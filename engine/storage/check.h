#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/storage/local_volume.h"

namespace asterope {

struct CheckReport {
    std::uint64_t nodes = 0, documents = 0, index_entries = 0, blobs = 0;
    std::vector<std::string> problems;  ///< one line each, the first kProblemsMax
};
constexpr std::size_t kProblemsMax = 1000;

/// Compares what must agree in one state of a store: names with entries and nodes, link counts, documents with index
/// entries in both directions, blobs with references and sizes. Changes nothing; writers go on meanwhile.
/// A damaged page of the index is a problem like any other, with the files that cannot be read because of it.
/// Errors: io
Result<CheckReport> check_store(LocalVolume& volume);

}  // namespace asterope

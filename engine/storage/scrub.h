#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/storage/checksum_keeper.h"
#include "engine/storage/watch.h"

namespace asterope {

struct ScrubOptions {
    std::uint64_t bytes_per_second = 0;  ///< at most; 0: as fast as it goes
    NodeId after{};                      ///< begins after this node
    std::uint64_t files_max = UINT64_MAX;
    Watch watch{};                       ///< in bytes
};

struct ScrubReport {
    struct Damage {
        std::string key, what;
    };
    std::uint64_t files = 0, bytes = 0;  ///< that were read to their end
    std::uint64_t computed = 0;          ///< of them, those whose checksum was not known before
    std::uint64_t skipped = 0;           ///< being written, or so sparse that it would take days
    std::uint64_t damaged_count = 0;
    std::vector<Damage> damaged;         ///< the first kDamagedMax
    NodeId last{};                       ///< the node up to which everything was looked at; 0: the end was reached
};
constexpr std::size_t kDamagedMax = 1000;

/// Reads every content that is a blob from the disk, and compares it with its checksum. Writers go on meanwhile: a file that
/// changes while it is read is skipped. Computes the checksums that are missing. Constant memory.
/// Errors: interrupted · io · corrupt (the index cannot be read)
Result<ScrubReport> scrub(const storage::BackgroundRooms& rooms, const ScrubOptions& options);

}  // namespace asterope

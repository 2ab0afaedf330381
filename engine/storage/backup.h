#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/core/result.h"

namespace asterope {

struct BackupReport {
    std::uint64_t blobs = 0;         ///< that the state has
    std::uint64_t copied_blobs = 0;  ///< the others were there already
    std::uint64_t copied_bytes = 0;  ///< of blobs
    std::uint64_t index_bytes = 0;
};

struct BackupCalls {
    std::function<void(std::uint64_t bytes)> begin{};   ///< before the blobs: how much there is to copy; may be empty
    std::function<void(std::uint64_t bytes)> copied{};  ///< what came since the last call; may be empty
    /// Asked when everything is copied: an error if the snapshot may not have been there all the time.
    std::function<Status()> confirm{};
};

/// Makes the directory `to` a store in the state that a snapshot keeps: what is not there yet is copied, what the state does
/// not have is removed. `to` is new, empty, or a store with the same uuid (an earlier backup), which stays as it is until
/// the new state is complete. Interrupted anywhere, it goes on where it was when it is called again, also with a later state.
/// Shape:   `snapshot` is the directory of a snapshot (VolumeInfo::description), below the store's; it and its blobs stay
///          as they are meanwhile.
/// Errors:  exists (`to` is not empty, another store, or has snapshots of its own) · busy (somebody has it open) · no_space ·
///          corrupt · io · those of confirm()
/// Source:  engine/storage/incoming.h
Result<BackupReport> back_up(const std::string& snapshot, const std::string& to, const BackupCalls& calls);

}  // namespace asterope

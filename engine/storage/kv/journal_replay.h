#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/storage/kv/journal_format.h"

namespace asterope::kv {

/// What a journal holds for a tree that contains everything up to `applied`.
struct JournalPlan {
    struct Part {
        std::string path;
        SegmentHeader header;
        std::size_t end = 0;              ///< of the records that count
        std::uint64_t link = 0;           ///< of the last of them
        std::uint64_t last_sequence = 0;  ///< of their batches
    };
    std::vector<Part> parts;
    std::vector<std::string> files;  ///< all segment files of the directory
    std::uint64_t applied = 0;
    std::uint64_t last = 0;           ///< the last batch to replay; `applied` if there is none
    std::uint64_t blobs_durable = 0;  ///< batches up to here name durable blobs only
    std::uint64_t next_id = 1;        ///< above the id of every segment in the directory
    std::string stopped_by;           ///< why later records do not count; empty: nothing was left out
};

/// Reads the journal in `directory`. It ends at the first record that is not whole; after a possible power cut also
/// before the first marked batch without a later blobs_durable record.
/// Errors: format (a newer version of the format) · io
Result<JournalPlan> plan_replay(const std::string& directory, std::uint64_t applied, bool power_cut);

/// Takes from plan.parts what comes after plan.last, so that a journal can go on there.
Status cut_after_last(JournalPlan& plan);

/// Calls `apply` with each batch after plan.applied up to plan.last. Errors: of `apply` · io · corrupt
Status replay(const JournalPlan& plan, const std::function<Status(const Record&)>& apply);

}  // namespace asterope::kv

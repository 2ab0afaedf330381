#pragma once

#include <string>

#include "engine/storage/check.h"

namespace asterope {

/// Repairs a store that no process has open:
/// - rebuilds what follows from the rest: listings, links, link counts, counters, fields and index;
/// - gives back to nodes without a name the one that their record says, or puts them into /lost+found, as "#12", with the
///   blobs that belong to no file ("#blob-34") and the bytes of documents that cannot be read ("#document-56");
/// - removes names that lead nowhere, and what belongs to nodes that are not there.
/// In the report, `problems` is what cannot be repaired: a content that is missing, a blob that is too short. An index with
/// pages that cannot be read is left as it is. Repairing again what was interrupted finishes it.
/// Errors: not_found · format · busy (another process has it open) · no_space · io · interrupted
Result<CheckReport> repair_store(const std::string& directory, const Watch& watch = {});

}  // namespace asterope

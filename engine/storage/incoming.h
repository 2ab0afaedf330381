#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/ids.h"
#include "engine/storage/kv/kv.h"

/// How a new state comes into a store's directory from outside (backup, restore), so that it opens as the old state or
/// as the new one, whatever happens in between:
///
///     store/incoming/FORMAT          of the store where the state comes from
///     store/incoming/index/data.mdb  its index
///     store/incoming/blobs/ID        blobs that are not in the directory yet, or not with this content; ID.part: not durable yet
///     store/incoming/COMPLETE        everything is there, on stable storage: from now on the new state counts
///
/// Without COMPLETE the store is as it was, and incoming/ is what the next backup goes on with. With it, everything
/// only has to be moved to its place, which whoever opens the directory does first, as often as it takes.
namespace asterope::storage {

inline std::string incoming_of(const std::string& store_directory) { return store_directory + "/incoming"; }

/// A blob that a file has, and the file's node.
struct NamedBlob {
    BlobId blob{};
    NodeId node{};
    auto operator<=>(const NamedBlob&) const = default;
};
/// The blobs of all files that have a name in this state of a store, sorted. Errors: corrupt · io
Result<std::vector<NamedBlob>> named_blobs(const kv::Reader& state);

/// The state in incoming/ counts from now on; what it has must be on stable storage.
Status mark_incoming_complete(const std::string& store_directory);
/// Puts a complete state in its place, and removes what only the old one had. Nothing without COMPLETE.
/// Threads: the caller has the store's lock. Errors: io · corrupt
Status finish_incoming(const std::string& store_directory);

/// Everything written below `directory`'s filesystem is on stable storage afterwards.
Status sync_filesystem(const std::string& directory);

}  // namespace asterope::storage

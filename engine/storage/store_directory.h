#pragma once

#include <string>

#include "engine/core/result.h"
#include "engine/storage/descriptor.h"

namespace asterope::storage {

constexpr int kFormatVersion = 1;

/// The FORMAT and lock files of a store's directory.
struct StoreDirectory {
    std::string path;  ///< absolute
    std::string uuid;
    Descriptor lock;   ///< flock'ed while open

    /// Makes a new store directory (which may exist if it is empty) with its FORMAT. Errors: exists (not empty, or a store)
    static Status create(const std::string& path);
    /// Reads FORMAT, takes the lock, and finishes what a backup has brought (incoming.h). Errors: not_found · format (no store, or a newer one) · busy (another process has it open)
    static Result<StoreDirectory> open(const std::string& path);

    /// Takes the lock of the store that is, or is to be, in `path`. Errors: busy
    static Result<Descriptor> take_lock(const std::string& path);
    /// The uuid that the FORMAT file in `path` tells. Errors: format
    static Result<std::string> read_uuid(const std::string& path);
};

}  // namespace asterope::storage

#pragma once

#include <mutex>
#include <stop_token>
#include <string>

#include "daemon/volume_service.h"
#include "engine/core/document.h"
#include "engine/storage/local_volume.h"
#include "engine/storage/watch.h"

namespace asterope::command {

/// Long work on a whole store: "check" and "scrub". Arguments and reports are documents:
///
///     check                          "summary", a line; "problems", an array with a line each
///     scrub "limit_rate" (bytes/s)   "summary"; "problems"; "damaged", an array of keys; "files", "bytes", "computed", "skipped"
///     repair (a store at rest)       as check, and "mended", an array with a line each
///
/// Errors: unsupported (another name)
Result<Document> run_job(LocalVolume& volume, std::string_view name, const Document& arguments, const Watch& watch);
Result<Document> run_repair(const std::string& store, const Watch& watch);

/// The same for other processes: each job as a call of that name, and "progress", which tells how far the present one is:
/// "what", "done", "total".
/// Threads: any. Lifetime: the volume must outlive it, and it the calls.
class StoreJobs {
  public:
    explicit StoreJobs(LocalVolume& volume) : volume_(volume) {}
    daemon::AdminCalls calls();

  private:
    Result<std::string> run(std::string_view name, std::string_view arguments, const std::stop_token& stop);
    std::string progress() const;

    LocalVolume& volume_;
    mutable std::mutex mutex_;  ///< guards what follows
    std::string what_;
    std::uint64_t done_ = 0, total_ = 0;
};

}  // namespace asterope::command

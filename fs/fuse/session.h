#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "engine/core/result.h"
#include "fs/backing_files.h"
#include "fs/filesystem.h"
#include "fs/fuse/dropper.h"
#include "fs/fuse/served.h"

struct fuse_session;

namespace asterope::fs::fuse {

/// One connection to the kernel: a fuse_session and its mount.
/// Threads: run() by one; request_exit() and what KernelCache and BackingFiles have by any, before close().
class Session : public KernelCache, public BackingFiles {
  public:
    /// `options` as one -o list of libfuse. `service.ready` is called once, by the loop.
    /// Errors: what libfuse said, as one line.
    static Result<std::unique_ptr<Session>> open(FileSystem& filesystem, const std::string& mountpoint,
                                                 const std::string& options, Service service);
    ~Session() override;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// The loop: until the kernel ends the connection, or request_exit() and one more request.
    Status run(unsigned threads_max);
    void request_exit();
    /// Unmounts, if it is not yet, and closes the connection: whoever still waits for an answer gets an error.
    void close();

    void drop(Stale stale) override { dropper_->drop(std::move(stale)); }
    void settle() override { dropper_->settle(); }
    std::optional<std::uint32_t> register_file(int fd) override;
    void forget_file(std::uint32_t backing_id) override;

  private:
    Session(FileSystem& filesystem, Service service) : served_{filesystem, std::move(service)} {}

    Served served_;
    std::mutex mutex_;
    fuse_session* session_ = nullptr;
    std::optional<Dropper> dropper_;  ///< from the mount on
};

}  // namespace asterope::fs::fuse

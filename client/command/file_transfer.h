#pragma once

#include <sys/stat.h>

#include <span>
#include <string>

#include "client/command/progress.h"
#include "engine/core/descriptor.h"
#include "engine/core/volume.h"

/// Content and attributes between a volume and local files.
namespace asterope::command {

/// Writes all of `bytes` where the descriptor is. `path`: for the error.
Status write_all(int fd, std::span<const std::byte> bytes, const std::string& path);

/// Copies a file's content to `fd`, holes as holes if it `can_seek`.
Status copy_out(File& file, int fd, const std::string& path, bool can_seek, Progress& progress);
/// Appends everything that `fd` has.
Status copy_in(int fd, const std::string& path, StagedContent& content, Progress& progress);

/// A new file beside its place, which takes the place when it is whole and else goes away.
class NewFile {
  public:
    /// `temporary`: its name until then, in the same filesystem.
    static Result<NewFile> create(const std::string& path, const std::string& temporary, mode_t mode);
    static Result<NewFile> create(const std::string& path, mode_t mode);
    NewFile(NewFile&&) = default;
    ~NewFile();
    int fd() const { return fd_.get(); }
    Status publish();

  private:
    NewFile() = default;
    std::string path_, temporary_;
    Descriptor fd_;
};

/// The names in a local directory, without "." and "..", sorted.
Result<std::vector<std::string>> names_in(const std::string& directory);

inline Timestamp timestamp_of(const timespec& time) { return {time.tv_sec, static_cast<std::uint32_t>(time.tv_nsec)}; }
inline timespec timespec_of(const Timestamp& time) { return {time.seconds, static_cast<long>(time.nanoseconds)}; }

}  // namespace asterope::command

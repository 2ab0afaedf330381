#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/command/exit_status.h"
#include "client/command/progress.h"
#include "engine/core/volume.h"

namespace asterope::command {

struct UploadOptions {
    std::optional<Document> document{};  ///< replaces the metadata of each file; nullopt: existing files keep theirs
    bool recursive = false;
    bool no_clobber = false;  ///< a key that is taken is an error
};

/// Stores files, directories (recursive) and symbolic links from the local filesystem; "-" is standard input.
/// Each file is replaced in one step; all are on stable storage at the end. Errors are reported and the rest goes on.
class Upload {
  public:
    Upload(Volume& volume, const UploadOptions& options) : volume_(volume), options_(options) {}
    /// Returns the exit status. `target` as for cp: a key, or a directory for the sources' own names.
    int run(const std::vector<std::string>& sources, const std::string& target);

  private:
    Status put(const std::string& source, const std::string& key);
    Status put_file(int fd, const std::string& source, const std::string& key);
    Status put_directory(const std::string& source, const std::string& key);
    Status put_symlink(const std::string& source, const std::string& key);
    void note(const std::string& source, const Status& status);

    Volume& volume_;
    const UploadOptions& options_;
    Progress progress_;
    Outcome outcome_;
    std::vector<std::pair<std::string, std::string>> waiting_;  ///< sources and keys still to do
};

}  // namespace asterope::command

#pragma once

#include <string>
#include <vector>

#include "client/command/exit_status.h"
#include "client/command/progress.h"
#include "engine/core/volume.h"

namespace asterope::command {

/// Copies files, directories (recursive) and symbolic links out of a volume; "-" is standard output.
/// Each file appears whole or not at all, holes as holes. Errors are reported and the rest goes on.
class Download {
  public:
    Download(Volume& volume, bool recursive) : volume_(volume), recursive_(recursive) {}
    /// Returns the exit status. `target` as for cp: a path, or a directory for the keys' own names.
    int run(const std::vector<std::string>& keys, const std::string& target);

  private:
    struct Item {
        Attr attr;
        std::string key, path;
    };

    Status get(const Item& item);
    Status get_file(const Item& item);
    Status get_directory(const Item& item);
    Status get_symlink(const Item& item);
    void note(const std::string& key, const Status& status);

    Volume& volume_;
    const bool recursive_;
    Progress progress_;
    Outcome outcome_;
    std::vector<Item> waiting_;
};

}  // namespace asterope::command

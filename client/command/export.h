#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/command/exit_status.h"
#include "client/command/file_transfer.h"
#include "client/command/progress.h"
#include "client/command/sidecar.h"
#include "engine/core/volume.h"
#include "query/ast.h"

namespace asterope::command {

struct TransferReport {
    std::uint64_t files = 0, directories = 0, others = 0;  ///< others: symbolic links, devices, further names of a file
    std::uint64_t skipped = 0;                             ///< that were there already, of all these
    std::uint64_t bytes = 0, errors = 0;
};
/// "12 files (3.0 MiB), 2 directories, 1 other; 3 of them were there already", or a JSON object.
std::string to_text(const TransferReport& report, bool json);

/// Writes a volume, or the results of a query with the directories above them, as plain files with sidecars
/// (client/command/sidecar.h); modes and times are kept, owners too if root runs it. Each file appears whole or not at all. A file
/// that is there with the same size and time stays; what the volume does not have stays, too.
/// Errors are reported and the rest goes on. Memory does not grow with the number of files, but for those with several names.
class Export {
  public:
    Export(Volume& volume, std::string directory) : volume_(volume), directory_(std::move(directory)) {}
    /// Returns the exit status. nullopt: everything.
    int run(const std::optional<query::Query>& query);
    const TransferReport& report() const { return report_; }

  private:
    /// A directory that is being written.
    struct Level {
        Attr attr;
        std::string key, path;
        std::vector<DirEntry> entries{};
        std::size_t next = 0;
        std::uint64_t cookie = 0;
    };

    Status begin();
    Status all();
    Status results(const query::Query& query);
    Status go_to(const std::string& key);
    Result<std::optional<DirEntry>> next_entry(Level& level);
    Status enter(const Attr& attr, const std::string& name);
    void leave();
    void export_node(const Attr& attr, const std::string& name);
    Status write_node(const Attr& attr, const std::string& path);
    Status write_file(const Attr& attr, const std::string& path);
    Status write_symlink(const Attr& attr, const std::string& path);
    Status write_special(const Attr& attr, const std::string& path);
    Result<bool> write_link(const Attr& attr, const std::string& path);
    Status write_sidecar(const Sidecar& sidecar, const std::string& path);
    Result<NewFile> new_file(const std::string& path, mode_t mode);
    void note(const std::string& key, const Status& status);

    Volume& volume_;
    const std::string directory_;
    Progress progress_;
    Outcome outcome_;
    TransferReport report_;
    std::vector<Level> levels_;
    std::map<NodeId, std::string> written_;  ///< where the first name is, of files with several
};

}  // namespace asterope::command

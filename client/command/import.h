#pragma once

#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/command/exit_status.h"
#include "client/command/export.h"
#include "client/command/progress.h"
#include "client/command/sidecar.h"
#include "engine/core/volume.h"

namespace asterope::command {

/// Stores a tree of plain files, with their sidecars where they have some (client/command/sidecar.h): modes and times are kept,
/// owners too if root runs it. Files come in batches, each of which is one transaction where the volume has those. What is there
/// already with the same size, time and metadata is skipped, so an interrupted import goes on where it was.
/// Errors are reported and the rest goes on.
class Import {
  public:
    explicit Import(Volume& volume) : volume_(volume) {}
    /// Returns the exit status.
    int run(const std::string& directory);
    const TransferReport& report() const { return report_; }

  private:
    /// A local directory that is being read, and where it goes.
    struct Level {
        std::string path;
        NodeId node{};
        struct stat status {};
        std::optional<Sidecar> sidecar{};
        std::vector<std::string> names{};
        std::vector<bool> is_sidecar{};
        std::size_t next = 0;
    };
    /// Something to do within a batch. A directory's attributes are set after what it has.
    struct Item {
        std::string path, name;
        NodeId parent{};
        NodeId directory{};  ///< whose attributes are to be set; 0: an entry of `parent`
        struct stat status {};
        std::optional<Sidecar> sidecar{};
    };
    using FileIdentity = std::pair<dev_t, ino_t>;

    Status enter(const std::string& path, NodeId node, const struct stat& status, std::optional<Sidecar> sidecar);
    Status take(Level& level, const std::string& name);
    Status take_directory(const Level& level, Item item);
    void leave();
    void add(Item item);
    void apply_batch();
    Status apply_items(Volume& volume);
    Status apply(Volume& volume, const Item& item);
    Status put(Volume& volume, const Item& item);
    Status put_link(Volume& volume, const Item& item, NodeId first, const std::optional<Attr>& there);
    Result<NodeId> put_node(Volume& volume, const Item& item, const std::optional<Attr>& there);
    Result<Attr> make_file(Volume& volume, const Item& item);
    static Result<Attr> make_other(Volume& volume, const Item& item);
    std::optional<NodeId> first_name_of(const Item& item) const;
    Result<bool> is_same(Volume& volume, const Item& item, const Attr& there) const;
    void note(const std::string& path, const Status& status);

    Volume& volume_;
    Progress progress_;
    Outcome outcome_;
    TransferReport report_;
    std::vector<Level> levels_;
    std::vector<Item> batch_;
    std::uint64_t batch_bytes_ = 0;
    std::map<FileIdentity, NodeId> links_;  ///< files with several names that have been stored
    // Of the batch that is being applied; they count when it is committed.
    std::map<FileIdentity, NodeId> batch_links_;
    TransferReport batch_report_;
    std::vector<std::pair<std::string, Status>> batch_errors_;
};

}  // namespace asterope::command

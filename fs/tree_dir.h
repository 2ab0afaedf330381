#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "fs/open_dir.h"
#include "fs/tree.h"

namespace asterope::fs {

/// A real directory while it is open: ".", "..", in the root the query tree, then the volume's entries by their cookies.
class TreeDir : public OpenDir {
  public:
    /// `query_root` is shown as options.query_dir when `dir` is the root and the mount has a query tree.
    TreeDir(Volume& volume, const Tree& tree, const Options& options, NodeId dir, NodeId parent,
            NodeId query_root)
        : volume_(volume),
          tree_(tree),
          options_(options),
          dir_(dir),
          parent_(parent),
          query_root_(query_root) {}

    Status read(const Caller& caller, std::uint64_t offset, bool plus, const DirSink& sink) override;

  private:
    std::vector<DirRecord> fixed_entries() const;
    Result<const DirEntry*> entry_after(std::uint64_t cookie);
    DirRecord record_of(const DirEntry& entry, bool plus) const;

    Volume& volume_;
    const Tree& tree_;
    const Options& options_;
    const NodeId dir_, parent_, query_root_;

    std::mutex mutex_;
    std::vector<DirEntry> batch_;    ///< read ahead of the kernel's small buffers
    std::uint64_t batch_after_ = 0;  ///< the cookie that batch_ begins after
};

}  // namespace asterope::fs

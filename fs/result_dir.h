#pragma once

#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "fs/open_dir.h"
#include "fs/result_scan.h"

namespace asterope::fs {

/// A result directory while it is open: evaluated once, over one state of the volume, and streamed. Offset 0 evaluates again.
/// Memory: 8 bytes for each result given, and the names of the last few thousand.
class ResultDir : public OpenDir {
  public:
    ResultDir(Volume& volume, std::shared_ptr<const query::Query> query, const Caller& caller, NodeId dir,
              NodeId parent)
        : volume_(volume),
          dir_(dir),
          parent_(parent),
          scan_(volume, std::move(query), caller, Visible::name) {}

    /// Evaluates up to the first results, so that opendir meets the errors.
    Status start(const Caller& caller);
    Status read(const Caller& caller, std::uint64_t offset, bool plus, const DirSink& sink) override;

  private:
    struct Shown {
        std::string name;
        NodeType type{};
    };
    void rewind();
    Status fetch(const Caller& caller);
    /// nullopt: a result given long ago that is gone by now.
    std::optional<Shown> shown(std::size_t index) const;

    Volume& volume_;
    const NodeId dir_, parent_;

    std::mutex mutex_;
    ResultScan scan_;
    bool fresh_ = true;  ///< nothing read since the evaluation began
    bool ended_ = false;
    std::vector<NodeId> given_;        ///< every result so far, in order
    std::vector<Shown> window_;        ///< the last of them, by name
    std::unordered_set<NodeId> skip_;  ///< given before an interrupt made the evaluation begin again
};

}  // namespace asterope::fs

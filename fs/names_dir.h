#pragma once

#include <string>
#include <vector>

#include "fs/open_dir.h"

namespace asterope::fs {

/// A directory of directories whose names were taken when it was opened.
class NamesDir : public OpenDir {
  public:
    NamesDir(NodeId dir, NodeId parent, std::vector<std::string> names)
        : dir_(dir), parent_(parent), names_(std::move(names)) {}

    Status read(const Caller& caller, std::uint64_t offset, bool plus, const DirSink& sink) override;

  private:
    const NodeId dir_, parent_;
    const std::vector<std::string> names_;
};

}  // namespace asterope::fs

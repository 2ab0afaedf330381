#pragma once

#include "fs/open_dir.h"
#include "fs/saved_queries.h"

namespace asterope::fs {

/// The query directory itself (README and the saved queries) or @saved (the saved queries) while it is open. Never expressions:
/// whatever walks the mount comes to an end.
class SavedDir : public OpenDir {
  public:
    SavedDir(SavedQueries& saved, NodeId dir, NodeId parent, bool with_readme)
        : saved_(saved), dir_(dir), parent_(parent), with_readme_(with_readme) {}

    Status read(const Caller& caller, std::uint64_t offset, bool plus, const DirSink& sink) override;

  private:
    SavedQueries& saved_;
    const NodeId dir_, parent_;
    const bool with_readme_;
};

/// A directory that is always empty: that of a saved query's attributes.
class EmptyDir : public OpenDir {
  public:
    EmptyDir(NodeId dir, NodeId parent) : dir_(dir), parent_(parent) {}
    Status read(const Caller& caller, std::uint64_t offset, bool plus, const DirSink& sink) override;

  private:
    const NodeId dir_, parent_;
};

}  // namespace asterope::fs

#pragma once

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "engine/core/volume.h"
#include "fs/handle_table.h"
#include "fs/kept_pages.h"

namespace asterope::fs {

/// A real file that a process has open.
struct OpenFile {
    std::shared_ptr<Volume> volume;  ///< stays as long as the file
    NodeId node{};
    OpenMode mode = OpenMode::read;
    std::unique_ptr<File> file;
    ContentStamp opened_as{};
    std::atomic<bool> is_unprivileged = false;  ///< it has no suid or sgid bits and no file capabilities that writing would take
};

/// The real files that are open, by handle (even numbers) and by node.
/// Threads: any.
class OpenFiles {
  public:
    explicit OpenFiles(Volume& volume) : volume_(volume) {}

    HandleId add(std::shared_ptr<OpenFile> open);
    Result<std::shared_ptr<OpenFile>> find(HandleId id) const { return table_.find(id); }
    /// Closes: the last commit of the File happens here.
    void remove(HandleId id);
    void clear();
    std::size_t size() const { return table_.size(); }
    /// `node` has been given such bits or capabilities.
    void gained_privileges(NodeId node) const;

    /// The attributes of `node` as every process must see them: with what open files have written and not yet committed.
    Result<Attr> getattr(NodeId node) const;
    /// The same for attributes that the volume has just given.
    Attr current(const Attr& attr) const;

  private:
    std::shared_ptr<OpenFile> any_of(NodeId node) const;

    Volume& volume_;
    HandleTable<OpenFile> table_{2, 2};
    mutable std::shared_mutex mutex_;
    std::unordered_multimap<NodeId, std::shared_ptr<OpenFile>> by_node_;
};

}  // namespace asterope::fs

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/volume.h"
#include "fs/caller.h"
#include "fs/control_file.h"
#include "fs/open_dir.h"
#include "fs/open_files.h"
#include "fs/options.h"
#include "fs/passed_through.h"
#include "fs/query_tree.h"
#include "fs/tree.h"
#include "fs/types.h"
#include "fs/xattr.h"

namespace asterope::fs {

/// One volume as a filesystem: the volume of the mount, a transaction on it or a snapshot of it. One method for each request
/// of FUSE, in numbers of the view's own. Each goes to the part that answers it: Tree (names and attributes), OpenFiles
/// (contents), Xattrs (metadata), QueryTree (all below the query directory).
/// Errors:   those of Volume; read_only for every change inside the query tree.
/// Threads:  any.
class View {
  public:
    View(std::shared_ptr<Volume> volume, Options options)
        : volume_(std::move(volume)), options_(std::move(options)) {}

    const Volume& volume() const { return *volume_; }
    /// Lets `kernel` read and write files by itself, where it can. Before the first request. Lifetime: as the requests.
    void pass_through(BackingFiles& kernel) { passed_through_.set_kernel(kernel); }

    // Names and attributes
    Result<Entry> lookup(const Caller& caller, NodeId dir, std::string_view name);
    void forget(NodeId node, std::uint64_t count);
    Result<AttrReply> getattr(const Caller& caller, NodeId node);
    Result<AttrReply> setattr(const Caller& caller, NodeId node, const SetAttr& change,
                              std::optional<HandleId> handle);
    Result<Entry> mknod(const Caller& caller, NodeId dir, std::string_view name, NodeType type,
                        std::uint32_t mode, std::uint32_t rdev);
    Result<Entry> mkdir(const Caller& caller, NodeId dir, std::string_view name, std::uint32_t mode);
    Result<Entry> symlink(const Caller& caller, NodeId dir, std::string_view name, std::string_view target);
    Result<std::string> readlink(NodeId node);
    Status unlink(NodeId dir, std::string_view name);
    Status rmdir(NodeId dir, std::string_view name);
    Status rename(const Link& from, const Link& to, unsigned flags);
    Result<Entry> link(NodeId node, NodeId dir, std::string_view name);

    // Contents. `flags` are those of open(2).
    Result<Opened> open(const Caller& caller, NodeId node, int flags);
    Result<Created> create(const Caller& caller, NodeId dir, std::string_view name, std::uint32_t mode,
                           int flags);
    Result<std::size_t> read(const Caller& caller, HandleId handle, std::uint64_t offset,
                             std::span<std::byte> buffer);
    /// Errors: bad_handle (also for a control file)
    Result<std::shared_ptr<OpenFile>> open_file(HandleId handle) const;
    Status write(const Caller& caller, HandleId handle, std::uint64_t offset,
                 std::span<const std::byte> bytes);
    /// Before the content of `open` changes: takes what the file could do as somebody else (suid, sgid, file capabilities).
    Status drop_privileges(const Caller& caller, OpenFile& open);
    Status flush(HandleId handle);
    Status fsync(HandleId handle);
    void release(HandleId handle);
    Status fallocate(const Caller& caller, HandleId handle, int mode, std::uint64_t offset,
                     std::uint64_t length);
    Result<std::uint64_t> lseek(HandleId handle, std::uint64_t offset, int whence);

    // Directories
    Result<HandleId> opendir(const Caller& caller, NodeId node);
    Status readdir(const Caller& caller, HandleId handle, std::uint64_t offset, bool plus,
                   const DirSink& sink);
    void releasedir(HandleId handle);

    // Extended attributes, by full name. `flags` are those of setxattr(2).
    Result<std::string> getxattr(const Caller& caller, NodeId node, std::string_view name);
    Result<std::vector<std::string>> listxattr(const Caller& caller, NodeId node);
    Status setxattr(const Caller& caller, NodeId node, std::string_view name, std::string_view value,
                    int flags);
    Status removexattr(NodeId node, std::string_view name);

    /// Files and directories that are open now.
    std::size_t open_count() const { return files_.size() + controls_.size() + dirs_.size(); }
    /// Closes what the kernel did not: after the connection is gone, no RELEASE comes.
    void close_all();

  private:
    bool is_query_root(NodeId dir, std::string_view name) const {
        return dir == kRootNode && !options_.query_dir.empty() && name == options_.query_dir;
    }
    Result<Opened> open_real(NodeId node, int flags);

    const std::shared_ptr<Volume> volume_;
    const Options options_;
    OpenFiles files_{*volume_};
    KeptPages kept_pages_;
    PassedThrough passed_through_;
    Tree tree_{*volume_, files_, options_};
    Xattrs xattrs_{*volume_};
    QueryTree query_{*volume_, files_, options_};
    HandleTable<ControlFile> controls_{1, 2};  ///< odd numbers, real files have the even ones
    HandleTable<OpenDir> dirs_;
};

}  // namespace asterope::fs

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/origin.h"
#include "engine/core/volume.h"
#include "fs/caller.h"
#include "fs/kernel_cache.h"
#include "fs/options.h"
#include "fs/request_counts.h"
#include "fs/types.h"
#include "fs/view_table.h"
#include "fs/view_tree.h"

namespace asterope::fs {

/// A mount without a kernel: one method for each request of FUSE, over any Volume. Each goes to the View that the node or handle
/// belongs to: the volume itself, a transaction, a snapshot; or to ViewTree, the directories that hold the latter two.
/// Errors:   those of View and ViewTree; stale for what was in a view that has ended; cross_device for a rename or link between views.
/// Threads:  any.
/// Lifetime: the Volume must outlive it.
class FileSystem {
  public:
    explicit FileSystem(Volume& volume, Options options = {});

    /// The root of the mount: that of the volume, or the query directory when the mount shows nothing else.
    NodeId root() const { return options_.query_only ? kQueryRoot : kRootNode; }
    /// Who is told what the kernel may no longer keep; before the first request. Lifetime: until stop_watching().
    void set_kernel_cache(KernelCache& cache) { kernel_cache_ = &cache; }
    void stop_watching() { watch_.reset(); }
    /// Whether the kernel is told of every change that it does not know: it may keep everything until then.
    bool tells_of_changes() const { return options_.is_watched; }
    /// Returns when the kernel has dropped what others changed before the call. Requires: no lock is held.
    void settle();
    /// Of the changes that the kernel's requests make.
    Origin origin() const { return origin_; }
    /// How long the kernel may keep that there is no such name in `dir`; 0: not at all.
    double absence_seconds(NodeId dir) const;
    /// Whether the kernel may keep the listing of `dir`.
    bool keeps_listing(NodeId dir) const { return absence_seconds(dir) != 0; }

    /// Lets `kernel` read and write files of the volume (not of its transactions and snapshots) by itself, where it can.
    /// Before the first request. Lifetime: as the requests.
    void pass_through(BackingFiles& kernel) { (*views_.find(kRootNode))->pass_through(kernel); }

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
    Status rmdir(const Caller& caller, NodeId dir, std::string_view name);
    Status rename(const Caller& caller, const Link& from, const Link& to, unsigned flags);
    Result<Entry> link(NodeId node, NodeId dir, std::string_view name);
    Result<SpaceInfo> statfs() { return volume_.space(); }

    // Contents. `flags` are those of open(2).
    Result<Opened> open(const Caller& caller, NodeId node, int flags);
    Result<Created> create(const Caller& caller, NodeId dir, std::string_view name, std::uint32_t mode,
                           int flags);
    Result<std::size_t> read(const Caller& caller, HandleId handle, std::uint64_t offset,
                             std::span<std::byte> buffer);
    /// The open file, for replies by splice from its backing descriptor; nullptr for what has none.
    /// Lifetime: hold the pointer while the descriptor is in use.
    std::shared_ptr<OpenFile> backed_file(HandleId handle);
    Status write(const Caller& caller, HandleId handle, std::uint64_t offset,
                 std::span<const std::byte> bytes);
    Status flush(HandleId handle);
    Status fsync(HandleId handle);
    void release(HandleId handle);
    Status fallocate(const Caller& caller, HandleId handle, int mode, std::uint64_t offset,
                     std::uint64_t length);
    Result<std::uint64_t> lseek(HandleId handle, std::uint64_t offset, int whence);
    /// Copies up to `length` bytes, at least one unless the source ends; the caller asks again for the rest.
    Result<std::size_t> copy_file_range(const Caller& caller, HandleId from, std::uint64_t from_offset,
                                        HandleId to, std::uint64_t to_offset, std::size_t length);

    // Directories
    Result<HandleId> opendir(const Caller& caller, NodeId node);
    Status readdir(const Caller& caller, HandleId handle, std::uint64_t offset, bool plus,
                   const DirSink& sink);
    void releasedir(HandleId handle);
    Status fsyncdir() { return volume_.sync(); }

    // Extended attributes, by full name. `flags` are those of setxattr(2).
    Result<std::string> getxattr(const Caller& caller, NodeId node, std::string_view name);
    Result<std::vector<std::string>> listxattr(const Caller& caller, NodeId node);
    Status setxattr(const Caller& caller, NodeId node, std::string_view name, std::string_view value,
                    int flags);
    Status removexattr(NodeId node, std::string_view name);

    /// What the kernel asked for; `user.asterope.requests` of the root shows it.
    RequestCounts& requests() { return requests_; }
    /// Files and directories that are open now.
    std::size_t open_count() const { return views_.open_count() + view_tree_.open_count(); }
    /// Closes what the kernel did not: after the connection is gone, no RELEASE comes. Ends every view.
    void close_all();

  private:
    Result<Entry> known(NodeId asked, Result<Entry> entry);
    Result<Entry> make(NodeId dir, const std::function<Result<Entry>(View&)>& work);

    Volume& volume_;
    const Origin origin_ = new_origin();
    KernelCache* kernel_cache_ = nullptr;
    std::unique_ptr<ChangeWatch> watch_;
    const Options options_;
    ViewTable views_;
    ViewTree view_tree_{volume_, views_, options_};
    RequestCounts requests_;
};

}  // namespace asterope::fs

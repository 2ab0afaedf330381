#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/attr.h"
#include "engine/core/document.h"
#include "engine/core/ids.h"
#include "engine/core/origin.h"
#include "engine/core/result.h"

namespace asterope::query {
struct Query;
}

namespace asterope {

enum class Durability : std::uint8_t {
    none,  ///< survives the death of the process; a power cut may take the last second
    sync,  ///< on stable storage when the call returns
};

struct VolumeInfo {
    std::string uuid;
    std::string description;  ///< the path or URL, for messages; of a snapshot, the directory of its index
};

/// As statvfs, in bytes.
struct SpaceInfo {
    std::uint64_t total_bytes = 0, free_bytes = 0, available_bytes = 0;
    std::uint64_t node_count = 0, free_node_count = 0;
    std::uint64_t field_count = 0;  ///< distinct field names ever used
};

/// One entry of a directory.
struct DirEntry {
    std::string name;
    NodeId node{};
    NodeType type = NodeType::file;
    std::uint64_t cookie = 0;  ///< where to go on after this entry; > 0, < 2^62; stable while other entries come and go
};

/// Where a node is named.
struct Link {
    NodeId parent{};
    std::string name;
    bool operator==(const Link&) const = default;
};

/// What a new node is to be. mode without type bits, umask already applied.
struct NewNode {
    NodeType type = NodeType::file;
    std::uint32_t mode = 0644;
    std::uint32_t uid = 0, gid = 0;
    std::uint32_t rdev = 0;
    std::string target{};  ///< of a symlink
    Document document{};
};

enum class RenameMode : std::uint8_t { replace, no_replace, exchange };
/// What renaming a file over another does with metadata.
enum class OnReplace : std::uint8_t { inherit, posix, merge };

enum class OpenMode : std::uint8_t { read, write, read_write };
struct OpenOptions {
    OpenMode mode = OpenMode::read;
    bool truncate = false;  ///< the old content stays until the new one is committed, if nobody else has the node open
};

/// An open file. Destroying it is the last commit and the release.
/// Threads: any, at the same time.
class File {
  public:
    virtual ~File() = default;
    /// Bytes read; fewer than asked for only at the end of the file.
    virtual Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> buffer) = 0;
    /// Writes all of `bytes`, or fails. Errors: no_space · file_too_large · bad_handle (opened for reading) · io
    virtual Status write(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
    virtual Status truncate(std::uint64_t size) = 0;
    /// `mode` is the flag word of fallocate(2). Errors: unsupported · no_space
    virtual Status allocate(int mode, std::uint64_t offset, std::uint64_t length) = 0;
    /// `whence` is SEEK_DATA or SEEK_HOLE. Errors: ENXIO as sys_errno past the end.
    virtual Result<std::uint64_t> seek(std::uint64_t offset, int whence) = 0;
    /// Commits content, size and times in one batch, if they changed since the last commit.
    virtual Status commit(Durability durability) = 0;
    /// The node's attributes as this handle's owner sees them, uncommitted writes included.
    virtual Result<Attr> getattr() = 0;
    /// A descriptor with the same bytes at the same offsets, for splice and passthrough; nullopt when there is none.
    /// Lifetime: until this File is destroyed.
    virtual std::optional<int> backing_fd() { return std::nullopt; }
    /// Lends the descriptor that has the bytes. Until this File is destroyed, its holder may read it and, if this File is open for
    /// writing, write to it and map it, without telling; what is mapped then may be written even longer.
    /// Shape:    while a node is lent, each File of it lends the same file. nullopt: there is none to lend.
    /// Lifetime: the descriptor is to be duplicated at once.
    /// Errors:   no_space · io
    virtual Result<std::optional<int>> lend() { return std::nullopt; }
};

/// Content on its way in, not yet named. Destroying it without `put` drops it. Threads: one at a time.
class StagedContent {
  public:
    virtual ~StagedContent() = default;
    virtual Status append(std::span<const std::byte> bytes) = 0;
    virtual std::uint64_t size() const = 0;
};

struct PutRequest {
    std::uint32_t mode = 0644;  ///< of a new file
    std::uint32_t uid = 0, gid = 0;
    std::unique_ptr<StagedContent> content{};      ///< nullptr: an existing file keeps its content, a new one is empty
    std::optional<Document> document{};            ///< nullopt: an existing file keeps its document
    bool create_only = false;                      ///< exists if the name is taken
    std::optional<std::uint64_t> if_version{};     ///< conflict unless the file has this version
    Durability durability = Durability::none;
};

enum class SetMode : std::uint8_t { any, create, replace };  ///< XATTR_CREATE: exists if there; XATTR_REPLACE: no_attribute if not

/// One result of a query.
struct Hit {
    NodeId node{};
    NodeType type = NodeType::file;
    std::string key;                  ///< path from the root without a leading '/'
    std::optional<Document> document{}; ///< when asked for
};

struct QueryOptions {
    bool with_documents = false;
    std::stop_token stop{};  ///< ends the evaluation with Errc::interrupted
};

/// The results of one query over one state of the volume. Threads: one at a time.
class ResultStream {
  public:
    virtual ~ResultStream() = default;
    /// Up to `count_max` further results in the query's order; empty = end.
    virtual Result<std::vector<Hit>> next(std::size_t count_max) = 0;
};

enum class ChangeKind : std::uint8_t { created, removed, renamed, linked, content, document, attributes };
/// One event of the change feed.
struct Change {
    Sequence sequence{};
    ChangeKind kind = ChangeKind::created;
    NodeId node{};
    Link at;                       ///< where (new place of a rename); empty for changes of a node itself
    std::optional<Link> from{};    ///< old place of a rename
    bool inherited = false;        ///< the document was taken over from the file that a rename replaced
};

using ChangeCallback = std::function<void(std::span<const Change>)>;
/// Whoever is told of changes, until it is destroyed.
class ChangeWatch {
  public:
    virtual ~ChangeWatch() = default;
};

struct SnapshotInfo {
    std::string name;
    Timestamp created{};
};

enum class Isolation : std::uint8_t {
    read_committed,  ///< each read sees the latest commit
    snapshot,        ///< all reads see one state; of two that change the same, the first to commit wins
    serializable,    ///< as if one transaction had run after the other: what was read, queries included, must not have changed
};
struct TransactionOptions {
    Isolation isolation = Isolation::snapshot;
    Durability durability = Durability::none;  ///< of the commit
    std::chrono::seconds idle_limit{600};      ///< aborted when nothing was asked of it for so long
};

class Volume;
/// Several changes that become visible together or not at all. Never waits for another transaction.
/// Destroying it aborts it. Threads: any.
class Transaction {
  public:
    virtual ~Transaction() = default;
    /// The whole volume as the transaction sees it, its own changes included. Nobody else sees them before the commit.
    /// Errors:   stale in any call when the transaction has ended · limit when it has become too large
    /// Lifetime: this Transaction.
    virtual Volume& view() = 0;
    /// Errors: conflict (others changed what stands against it: begin again) · stale (it has ended) · no_space, io (nothing
    /// has changed; the transaction goes on)
    virtual Status commit() = 0;
    virtual void abort() = 0;
};

/// A database: everything that a filesystem, a service or the API does with a store goes through these calls.
/// Implemented by LocalVolume, RemoteVolume, and the views of transactions and snapshots. Permissions are the caller's business (the kernel or the service checks them).
/// Every changing call is one atomic transaction of its own, visible to every later call when it returns.
/// Shape:    names are 1 to 255 bytes without '/' and NUL, not "." or "..": else invalid or name_too_long.
/// Errors:   not_found (also a node that is gone) · not_dir · is_dir · corrupt · io · read_only · no_space in any call.
/// Threads:  any.
/// Lifetime: open Files, StagedContents and ResultStreams must go before the Volume.
class Volume {
  public:
    virtual ~Volume() = default;

    virtual VolumeInfo info() const = 0;
    virtual Result<SpaceInfo> space() = 0;

    // Namespace
    virtual Result<Attr> lookup(NodeId dir, std::string_view name) = 0;
    virtual Result<Attr> getattr(NodeId node) = 0;
    virtual Result<Attr> setattr(NodeId node, const AttrChange& change) = 0;
    /// Errors: exists
    virtual Result<Attr> create(NodeId dir, std::string_view name, const NewNode& what) = 0;
    /// Removes a name that is not a directory's. The content stays while a File has it open.
    virtual Status unlink(NodeId dir, std::string_view name) = 0;
    /// Errors: not_empty
    virtual Status rmdir(NodeId dir, std::string_view name) = 0;
    /// POSIX rename. Errors: exists (no_replace) · not_empty · invalid (into its own subtree)
    virtual Status rename(const Link& from, const Link& to, RenameMode mode) = 0;
    /// Errors: not_permitted (a directory) · exists · too_many_links
    virtual Result<Attr> link(NodeId node, NodeId dir, std::string_view name) = 0;
    /// Errors: invalid (not a symlink)
    virtual Result<std::string> readlink(NodeId node) = 0;
    /// Entries after `cookie` (0 = start) in order of their cookies, at most `count_max`; empty = end. "." and ".." are not among them.
    virtual Result<std::vector<DirEntry>> list(NodeId dir, std::uint64_t cookie, std::size_t count_max) = 0;
    /// The name of `node` that its key is made of; for the root, itself and "". Errors: stale (open but unlinked)
    virtual Result<Link> first_link(NodeId node) = 0;

    // Contents
    virtual Result<std::unique_ptr<File>> open(NodeId node, const OpenOptions& options) = 0;
    virtual Result<std::unique_ptr<StagedContent>> stage() = 0;
    /// Creates or replaces a regular file with content and document in one step; a replaced file keeps its node.
    virtual Result<Attr> put(NodeId dir, std::string_view name, PutRequest request) = 0;

    /// The XXH3-128 of the content as lower-case hex; nullopt while none is known.
    virtual Result<std::optional<std::string>> checksum(NodeId) { return std::nullopt; }

    // Metadata
    virtual Result<Document> document(NodeId node) = 0;
    /// Applies all changes or none. Errors: exists, no_attribute (by `mode`; removing always needs the field unless mode is any) · conflict (if_version) · no_space (too many)
    virtual Status change_document(NodeId node, const std::vector<FieldChange>& changes, SetMode mode = SetMode::any,
                                   std::optional<std::uint64_t> if_version = std::nullopt) = 0;
    /// Attributes that are not fields (engine/core/attribute_name.h), by full name. Errors: no_attribute
    virtual Result<std::string> attribute(NodeId node, std::string_view name) = 0;
    virtual Result<std::vector<std::string>> list_attributes(NodeId node) = 0;
    virtual Status set_attribute(NodeId node, std::string_view name, std::string_view bytes, SetMode mode) = 0;
    virtual Status remove_attribute(NodeId node, std::string_view name) = 0;

    // Queries
    virtual Result<std::unique_ptr<ResultStream>> query(const query::Query& query, const QueryOptions& options) = 0;
    virtual Result<std::uint64_t> count(const query::Query& query, const QueryOptions& options) = 0;
    /// The plan, one operator a line, after running it: estimated rows, real rows, time.
    virtual Result<std::string> explain(const query::Query& query, const QueryOptions& options) = 0;
    /// Whether `node` is among the results.
    virtual Result<bool> matches(const query::Query& query, NodeId node) = 0;

    // Transactions
    /// Errors: unsupported (in a transaction or a snapshot)
    virtual Result<std::unique_ptr<Transaction>> begin(const TransactionOptions& options);

    // Snapshots: read-only states of the whole volume that have a name and outlive the process
    /// Everything answered before is in it. Errors: exists · invalid · no_space · unsupported
    virtual Result<SnapshotInfo> make_snapshot(std::string_view name);
    /// Errors: not_found · busy (somebody has it open)
    virtual Status drop_snapshot(std::string_view name);
    virtual Result<std::vector<SnapshotInfo>> snapshots();  ///< by name
    /// A Volume whose changing calls fail with read_only; no name: of now, gone with what is returned. Lifetime: this Volume must outlive it. Errors: not_found
    virtual Result<std::shared_ptr<Volume>> open_snapshot(std::string_view name);

    // Feed and durability
    /// Events after `since`, oldest first, at most `count_max`; waits up to `wait` for the first. Errors: stale (since is older than the feed reaches)
    virtual Result<std::vector<Change>> changes(Sequence since, std::size_t count_max, std::chrono::milliseconds wait) = 0;
    /// The sequence of the latest change.
    virtual Sequence sequence() = 0;
    /// From now on, calls `changed` with the events of each commit that is of another origin than `own`, before the call that made it
    /// returns, in its thread. No call comes after the ChangeWatch is destroyed, which waits for those under way. Their sequences are not set.
    /// nullptr: this volume cannot tell. Lifetime: the Volume must outlive the ChangeWatch.
    virtual std::unique_ptr<ChangeWatch> watch(Origin own, ChangeCallback changed);
    /// Everything answered before is on stable storage afterwards.
    virtual Status sync() = 0;
};

}  // namespace asterope

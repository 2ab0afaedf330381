#pragma once

#include <atomic>
#include <shared_mutex>
#include <span>

#include "engine/storage/blob_files.h"
#include "engine/storage/file_status.h"
#include "engine/storage/scope.h"

namespace asterope::storage {

/// Contents up to this size live in the index; larger ones in a blob file. (tests/bench/inline_bench.cc)
constexpr std::uint64_t kInlineBytes = 8192;

/// What the operations of a volume work with. Lifetime: the volume's.
struct Rooms {
    Scope& scope;
    BlobFiles& blobs;
    FieldCatalog& fields;
};

/// The content of one node while somebody has it open; all who do share it.
/// Three forms: in the index (no descriptor), in a staged file (written, not yet a blob), in a blob file.
/// Reading and writing go on at the same time; what changes the form runs alone.
/// While it is lent, the kernel reads and writes its file for others: it then stays in that file, and a look at the file's size
/// and time tells what was written. (engine/DESIGN.md, "Lent files")
/// Threads: any.
class Content {
  public:
    Content(const Rooms& rooms, NodeId node) : rooms_(rooms), node_(node) {}

    /// Takes over what `record` says: before anything else, and a content that was committed by other means (Volume::put).
    /// Requires: the caller holds lock(), or nobody else knows this yet.
    Status load(const NodeRecord& record);
    NodeId node() const { return node_; }

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> buffer);
    Status write(std::uint64_t offset, std::span<const std::byte> bytes);
    Status truncate(std::uint64_t size);
    /// Begins a new, empty content; the committed one stays until commit.
    Status replace();
    Status allocate(int mode, std::uint64_t offset, std::uint64_t length);
    Result<std::uint64_t> seek(std::uint64_t offset, int whence);

    /// Commits what changed since the last commit. `last`: nobody has the node open any more, so a small
    /// content leaves its staged file.
    Status commit(bool last);
    /// The same, and on stable storage.
    Status sync();
    /// Commits what was written in place. What is written from now on respects what was pinned before this call.
    Status settle();
    /// The node's attributes, with size, blocks and times that are not committed. Errors: not_found
    Result<Attr> getattr() const;
    std::unique_lock<std::shared_mutex> lock() { return std::unique_lock(mutex_); }

    /// Whether there are bytes that are not committed, or may be at any moment.
    bool is_dirty() const { return dirty_ || lent_for_writing_; }

    // content_lending.cc
    /// As File::lend; paired with give_back().
    Result<std::optional<int>> lend(bool for_writing);
    void give_back();
    /// Whether somebody may still write to the file, after the last commit too: it is mapped.
    bool may_be_written() const { return lent_for_writing_; }
    /// Nobody will be asked any more whether he still has it mapped.
    void stop_lending();
    /// A file that others write to is not among those that are pinned any more: a copy of it is.
    Status leave_pinned();

    bool is_new_and_dirty() const;
    /// The committed content is being replaced by one that is complete when its writer closes or syncs it, not before.
    bool is_replacing() const;
    std::optional<int> backing_fd() const;

  private:
    Status follow_locked();
    Result<std::size_t> read_locked(std::uint64_t offset, std::span<std::byte> buffer) const;
    Result<std::string> inline_bytes() const;
    template <class Change>
    Status change_bytes(Change&& change);
    bool is_ready_to_change() const;
    Status make_ready_to_change();
    Status move_to_staged_file();
    Status forget_checksum();
    int fd() const { return staged_ ? staged_.fd() : blob_fd_.get(); }
    bool has_file() const { return staged_ || blob_fd_; }
    void take_over(const NodeRecord& record);
    Status commit_locked(bool last);
    Status commit_changes();
    Status commit_inline(const FileStatus& status, Timestamp at);
    Status commit_blob(const FileStatus& status, Timestamp at);
    Status commit_in_place(const FileStatus& status, Timestamp at);
    void mark_dirty(Timestamp at);
    bool is_changed() const;
    bool is_written_by_others(const FileStatus& status) const;
    Timestamp changed_at(const FileStatus& status) const;
    bool is_lent() const { return lenders_ > 0 || lent_for_writing_; }
    bool differs_from_index() const;
    Status begin_lending_for_writing();
    Status leave_copy();
    Status give_number_of_its_own();
    Status show_to_holders(const NodeRecord& record);
    Status overwrite_staged_file();

    Rooms rooms_;
    const NodeId node_;
    mutable std::shared_mutex mutex_;  ///< shared: read and write bytes; unique: change the form
    ContentKind kind_ = ContentKind::empty;
    BlobId blob_{};
    std::uint64_t size_ = 0;  ///< of the committed content
    std::string followed_bytes_;  ///< of an inlined one, where the scope follows others
    Descriptor blob_fd_;  ///< of a blob
    StagedFile staged_;   ///< what is to take the place of the above
    bool is_written_in_place_ = false;  ///< since the last commit: the blob no longer is what its checksum says
    std::atomic<bool> dirty_ = false;
    std::atomic<std::int64_t> written_ns_ = 0;  ///< time of the last write
    std::atomic<Origin> written_by_ = Origin::unknown;  ///< whose change the next commit is
    int lenders_ = 0;                                   ///< files that have lent it
    std::atomic<bool> lent_for_writing_ = false;        ///< until it is sure that nobody can write to it any more
    Timestamp lent_at_{};                               ///< since when
    FileStatus committed_;                              ///< of the file when it was committed last; while lent for writing
};

}  // namespace asterope::storage

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/ids.h"
#include "engine/core/result.h"
#include "engine/storage/descriptor.h"

namespace asterope::storage {

/// The blobs/ and staging/ folders of a store: one file for each large content, the same bytes at the same offsets.
/// A blob on its way in is an unnamed file in staging/ (O_TMPFILE; a name of its own where the filesystem has none),
/// becomes staging/NODE-BLOB before its record is committed, and moves to blobs/ab/BLOB when that record is durable. So
/// whatever a crash left without a record is in staging/, also after a power cut.
/// Threads: any; remove() and publish_through() one at a time.
class BlobFiles {
  public:
    static Result<std::unique_ptr<BlobFiles>> open(const std::string& store_directory);
    /// Makes the folders of blobs/.
    static Status make_folders(const std::string& store_directory);
    /// Where a blob of a store is, and where one that `node` has is on its way in.
    static std::string place(const std::string& store_directory, BlobId blob);
    static std::string place_in_staging(const std::string& store_directory, NodeId node, BlobId blob);
    /// The blob whose file has this name; nullopt for no blob's name.
    static std::optional<BlobId> blob_of_name(std::string_view name);
    /// Every blob in its place below `store_directory`. Shape: (blob, bytes).
    static Result<std::vector<std::pair<BlobId, std::uint64_t>>> list(const std::string& store_directory);

    /// An empty file, open for reading and writing, without a name that counts. From a pool of reused ones where possible.
    Result<Descriptor> stage();
    /// Gives a staged file, whose content is no longer needed, back to the pool.
    void recycle(Descriptor staged);

    /// Names a staged file staging/NODE-BLOB.
    Status name_staged(int fd, NodeId node, BlobId blob);
    /// Batch `sequence` names it.
    void committed(BlobId blob, Sequence sequence);
    /// Moves what batches up to `durable` name to its place in blobs/.
    void publish_through(Sequence durable);
    /// Puts a copy of `fd`, cut to `size` bytes and durable, in the place of `blob`. Returns the copy. Errors: no_space · io
    Result<Descriptor> leave_copy(BlobId blob, int fd, std::uint64_t size);
    /// Drops staging/NODE-BLOB, which no batch names.
    void unstage(NodeId node, BlobId blob);

    /// Opens a blob, also one that is still on its way in. Errors: corrupt (no such file) · io
    Result<Descriptor> open(BlobId blob, bool writable) const;
    /// Deletes blobs that nothing refers to. Returns those that no power cut brings back.
    std::vector<BlobId> remove(std::span<const BlobId> blobs);
    /// Makes the bytes and the name of each durable; a blob that is no longer there counts as done.
    Status sync(std::span<const BlobId> blobs) const;

    struct Staged {
        NodeId node{};
        BlobId blob{};
    };
    /// What is named in staging/: right after opening, what a crash left.
    std::vector<Staged> named() const;
    /// Every blob in its place, for checking. Shape: (blob, bytes).
    Result<std::vector<std::pair<BlobId, std::uint64_t>>> list() const { return list(directory_); }

  private:
    explicit BlobFiles(std::string directory) : directory_(std::move(directory)) {}
    std::string path_of(BlobId blob) const { return place(directory_, blob); }
    std::string staged_path(NodeId node, BlobId blob) const { return place_in_staging(directory_, node, blob); }
    std::string current_path(BlobId blob) const;
    Result<Descriptor> open_anywhere(BlobId blob, int flags) const;
    Result<Descriptor> create_staging_file();
    Status find_named();
    void forget(BlobId blob);

    struct Named {
        NodeId node{};
        Sequence committed{UINT64_MAX};  ///< the batch that names it
    };
    std::string directory_;
    std::mutex places_mutex_;  ///< held while a blob's file changes its place; before mutex_
    mutable std::mutex mutex_;  ///< guards what follows
    std::map<BlobId, Named> named_;  ///< in staging/ and not yet in blobs/
    std::vector<Descriptor> pool_;
    std::uint64_t staging_names_ = 0;
    bool has_tmpfile_ = true;
};

/// A file in staging/ that may become a blob. Destroyed before it was handed over, it is gone.
/// Threads: one at a time.
class StagedFile {
  public:
    StagedFile() = default;
    static Result<StagedFile> create(BlobFiles& blobs);
    /// The file of `fd`, which others hold: it never goes back to the pool.
    static Result<StagedFile> adopt(BlobFiles& blobs, int fd);
    StagedFile(StagedFile&& other) noexcept { *this = std::move(other); }
    StagedFile& operator=(StagedFile&& other) noexcept;
    ~StagedFile() { drop(); }

    explicit operator bool() const { return static_cast<bool>(fd_); }
    int fd() const { return fd_.get(); }
    /// The blob that the file is named as in staging/, for `node`. `id` names a new blob; a file that was named before,
    /// for a commit that failed, keeps its name.
    Result<BlobId> name(NodeId node, BlobId id);
    /// The record that names the blob has been committed: the file is no longer ours.
    Descriptor hand_over();

  private:
    void drop();

    BlobFiles* blobs_ = nullptr;
    Descriptor fd_;
    bool is_adopted_ = false;
    NodeId node_{};
    BlobId blob_{};  ///< 0: not named
};

}  // namespace asterope::storage

#include "engine/storage/backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <optional>
#include <vector>

#include "engine/storage/blob_files.h"
#include "engine/storage/file_copy.h"
#include "engine/storage/incoming.h"
#include "engine/storage/kv/disk.h"
#include "engine/storage/store_directory.h"

namespace asterope {

using namespace storage;

namespace {

namespace filesystem = boost::filesystem;

/// So much is copied before it is made durable and gets its name: what an interruption costs at most, without a sync for each file.
constexpr std::size_t kGroupFiles = 1000;
constexpr std::uint64_t kGroupBytes = std::uint64_t{4} << 30;

struct FileStamp {
    std::uint64_t bytes = 0;
    timespec modified{};
    bool operator==(const FileStamp& other) const {
        return bytes == other.bytes && modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec;
    }
};

/// nullopt: no such file.
Result<std::optional<FileStamp>> stamp_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0)
        return std::optional(FileStamp{static_cast<std::uint64_t>(status.st_size), status.st_mtim});
    if (errno == ENOENT) return std::optional<FileStamp>();
    return fail_errno(errno, path);
}

Status make_empty(const std::string& directory) {
    boost::system::error_code error;
    filesystem::remove_all(directory, error);
    if (error) return fail_errno(error.value(), directory);
    return kv::make_directory(directory);
}

/// A directory that is not there has nothing in it.
Result<bool> has_only(const std::string& directory, std::initializer_list<const char*> names) {
    boost::system::error_code error;
    filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != filesystem::directory_iterator(); entry.increment(error))
        if (std::find(names.begin(), names.end(), entry->path().filename().string()) == names.end()) return false;
    if (error && error.value() != ENOENT) return fail_errno(error.value(), "'" + directory + "'");
    return true;
}

Status copy_to_file(const std::string& from, const std::string& to) {
    const Descriptor in = ASTEROPE_TRY(open_file(from, O_RDONLY));
    const Descriptor out = ASTEROPE_TRY(open_file(to, O_CREAT | O_TRUNC | O_RDWR));
    return copy_file(in.get(), out.get());
}

class Backup {
  public:
    Backup(const std::string& snapshot, const std::string& to, const BackupCalls& calls)
        : snapshot_(snapshot), from_(filesystem::path(snapshot).parent_path().parent_path().string()), to_(to),
          incoming_(incoming_of(to)), calls_(calls) {}

    Result<BackupReport> run() {
        ASTEROPE_TRY_STATUS(take_destination());
        ASTEROPE_TRY_STATUS(prepare_incoming());
        const auto wanted = ASTEROPE_TRY(copy_index());
        ASTEROPE_TRY_STATUS(copy_blobs(ASTEROPE_TRY(missing(wanted))));
        if (calls_.confirm) ASTEROPE_TRY_STATUS(calls_.confirm());
        ASTEROPE_TRY_STATUS(mark_incoming_complete(to_));
        ASTEROPE_TRY_STATUS(finish_incoming(to_));
        return report_;
    }

  private:
    struct Missing {
        NamedBlob blob;
        FileStamp stamp;
    };

    std::string incoming_blob(BlobId blob) const {
        return incoming_ + "/blobs/" + filesystem::path(BlobFiles::place("", blob)).filename().string();
    }

    /// Nothing is written before it is known that `to_` is for this store.
    Status take_destination() {
        boost::system::error_code ignored;
        if (filesystem::weakly_canonical(to_, ignored).string().starts_with(from_ + "/"))
            return fail(Errc::invalid, "a store cannot hold its own backup: choose another directory");
        if (::mkdir(to_.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(errno, "cannot create '" + to_ + "'");
        ASTEROPE_TRY_STATUS(check_destination());
        lock_ = ASTEROPE_TRY(StoreDirectory::take_lock(to_));
        return {};
    }

    Status check_destination() const {
        for (const std::string& place : {to_, incoming_}) {
            if (::access((place + "/FORMAT").c_str(), F_OK) != 0) continue;
            if (ASTEROPE_TRY(StoreDirectory::read_uuid(place)) == ASTEROPE_TRY(StoreDirectory::read_uuid(from_))) return {};
            return fail(Errc::exists, "'" + to_ + "' is, or is to be, another store: name a new directory, or an earlier backup of this store");
        }
        const bool fresh = ASTEROPE_TRY(has_only(to_, {"lock", "incoming"})) && ASTEROPE_TRY(has_only(incoming_, {"FORMAT.part"}));
        return fresh ? Status{} : Status(fail(Errc::exists, "'" + to_ + "' is not empty"));
    }

    Status prepare_incoming() {
        ASTEROPE_TRY_STATUS(finish_incoming(to_));  // an earlier one
        if (!ASTEROPE_TRY(has_only(to_ + "/snapshots", {})))
            return fail(Errc::exists, "'" + to_ + "' has snapshots, which a backup would damage: drop them, or back up to another directory");
        ASTEROPE_TRY_STATUS(kv::make_directory(incoming_));
        const std::string format = incoming_ + "/FORMAT";
        ASTEROPE_TRY_STATUS(copy_to_file(from_ + "/FORMAT", format + ".part"));
        if (::rename((format + ".part").c_str(), format.c_str()) != 0) return fail_errno(errno, format);
        return kv::make_directory(incoming_ + "/blobs");
    }

    Result<std::vector<NamedBlob>> copy_index() {
        const std::string index = incoming_ + "/index";
        ASTEROPE_TRY_STATUS(make_empty(index));
        ASTEROPE_TRY_STATUS(copy_to_file(snapshot_ + "/data.mdb", index + "/data.mdb"));
        report_.index_bytes = ASTEROPE_TRY(stamp_of(index + "/data.mdb"))->bytes;
        const auto state = ASTEROPE_TRY(kv::open_copy(index));
        return named_blobs(*state);
    }

    /// Where a blob is now: it may be on its way from staging/ to blobs/. Calls `use(path)`, which returns nullopt when there is nothing.
    template <class Use>
    auto at_its_place(const NamedBlob& named, Use&& use) const -> decltype(use(std::string())) {
        const std::string places[] = {BlobFiles::place(from_, named.blob),
                                      BlobFiles::place_in_staging(from_, named.node, named.blob),
                                      BlobFiles::place(from_, named.blob)};
        for (const std::string& place : places)
            if (auto found = use(place); !found || *found) return found;
        return fail(Errc::corrupt, places[0] + " is missing: see 'asterope check'");
    }

    /// What has to be copied. What an interrupted run has left in incoming/ stays there only as far as it is part of this state.
    Result<std::vector<Missing>> missing(const std::vector<NamedBlob>& wanted) {
        std::vector<Missing> all;
        std::uint64_t bytes = 0;
        report_.blobs = wanted.size();
        ASTEROPE_TRY_STATUS(drop_unwanted(wanted));
        for (const NamedBlob& named : wanted) {
            const FileStamp stamp = *ASTEROPE_TRY(at_its_place(named, stamp_of));
            if (ASTEROPE_TRY(has(incoming_blob(named.blob), stamp))) continue;
            if (ASTEROPE_TRY(has(BlobFiles::place(to_, named.blob), stamp))) {
                ::unlink(incoming_blob(named.blob).c_str());
                continue;
            }
            all.push_back({named, stamp});
            bytes += stamp.bytes;
        }
        if (calls_.begin) calls_.begin(bytes);
        return all;
    }

    static Result<bool> has(const std::string& path, const FileStamp& stamp) {
        const auto found = ASTEROPE_TRY(stamp_of(path));
        return found && *found == stamp;
    }

    Status drop_unwanted(const std::vector<NamedBlob>& wanted) {
        boost::system::error_code error;
        for (const auto& entry : filesystem::directory_iterator(incoming_ + "/blobs", error)) {
            const auto blob = BlobFiles::blob_of_name(entry.path().filename().string());
            const auto at = std::lower_bound(wanted.begin(), wanted.end(), NamedBlob{blob.value_or(BlobId{}), NodeId{}});
            if (blob && at != wanted.end() && at->blob == *blob) continue;
            if (::unlink(entry.path().c_str()) != 0) return fail_errno(errno, entry.path().string());
        }
        return error ? Status(fail_errno(error.value(), incoming_)) : Status{};
    }

    Status copy_blobs(const std::vector<Missing>& blobs) {
        for (const Missing& missing : blobs) {
            ASTEROPE_TRY_STATUS(copy_blob(missing));
            if (group_.size() >= kGroupFiles || group_bytes_ >= kGroupBytes) ASTEROPE_TRY_STATUS(settle_group());
        }
        return settle_group();
    }

    Status copy_blob(const Missing& missing) {
        const auto open_if_there = [](const std::string& path) -> Result<std::optional<Descriptor>> {
            auto opened = open_file(path, O_RDONLY);
            if (opened) return std::optional(std::move(*opened));
            if (opened.error().sys_errno == ENOENT) return std::optional<Descriptor>();
            return Unexpected(opened.error());
        };
        const auto in = ASTEROPE_TRY(at_its_place(missing.blob, open_if_there));
        const std::string place = incoming_blob(missing.blob.blob);
        const Descriptor out = ASTEROPE_TRY(open_file(place + ".part", O_CREAT | O_TRUNC | O_RDWR));
        ASTEROPE_TRY_STATUS(copy_file(in->get(), out.get(), calls_.copied));
        // The time tells the next backup whether the blob has been changed in place since.
        const timespec times[] = {{0, UTIME_OMIT}, missing.stamp.modified};
        if (::futimens(out.get(), times) != 0) return fail_errno(errno, place);
        group_.push_back(place);
        group_bytes_ += missing.stamp.bytes;
        ++report_.copied_blobs;
        report_.copied_bytes += missing.stamp.bytes;
        return {};
    }

    /// Makes everything durable, and then gives the blobs that were copied their names.
    Status settle_group() {
        ASTEROPE_TRY_STATUS(sync_filesystem(to_));
        for (const std::string& place : group_)
            if (::rename((place + ".part").c_str(), place.c_str()) != 0) return fail_errno(errno, place);
        group_.clear();
        group_bytes_ = 0;
        return kv::sync_directory(incoming_ + "/blobs");
    }

    const std::string snapshot_, from_, to_, incoming_;
    const BackupCalls& calls_;
    Descriptor lock_;
    BackupReport report_;
    std::vector<std::string> group_;  ///< places of blobs that are copied and not yet durable
    std::uint64_t group_bytes_ = 0;
};

}  // namespace

Result<BackupReport> back_up(const std::string& snapshot, const std::string& to, const BackupCalls& calls) {
    return Backup(snapshot, to, calls).run();
}

}  // namespace asterope

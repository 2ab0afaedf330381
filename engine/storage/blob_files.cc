#include "engine/storage/blob_files.h"

#include <sys/stat.h>

#include <boost/filesystem.hpp>
#include <charconv>
#include <cstdio>

#include "engine/storage/file_copy.h"
#include "engine/storage/kv/disk.h"

namespace asterope::storage {
namespace {

namespace filesystem = boost::filesystem;

constexpr std::size_t kPoolSize = 16;
constexpr int kFanout = 256;  ///< folders in blobs/, by the low byte of the id, so that none grows too large

std::string hex(std::uint64_t number) {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
    return text;
}
std::optional<std::uint64_t> parse_hex(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

int link_file(int fd, const std::string& path) {
    if ((errno = kv::disk_fault(kv::DiskCall::link)) != 0) return -1;
    return ::linkat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(fd)).c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW);
}
int rename_file(const std::string& from, const std::string& to) {
    if ((errno = kv::disk_fault(kv::DiskCall::rename)) != 0) return -1;
    return ::rename(from.c_str(), to.c_str());
}

}  // namespace

Result<std::unique_ptr<BlobFiles>> BlobFiles::open(const std::string& store_directory) {
    std::unique_ptr<BlobFiles> blobs(new BlobFiles(store_directory));
    ASTEROPE_TRY_STATUS(kv::make_directory(store_directory + "/staging"));
    ASTEROPE_TRY_STATUS(make_folders(store_directory));
    ASTEROPE_TRY_STATUS(blobs->find_named());
    return blobs;
}

Status BlobFiles::make_folders(const std::string& store_directory) {
    ASTEROPE_TRY_STATUS(kv::make_directory(store_directory + "/blobs"));
    for (int i = 0; i < kFanout; ++i)
        ASTEROPE_TRY_STATUS(kv::make_directory(store_directory + "/blobs/" + hex(static_cast<std::uint64_t>(i)).substr(14)));
    return {};
}

std::string BlobFiles::place(const std::string& store_directory, BlobId blob) {
    const std::string name = hex(raw(blob));
    return store_directory + "/blobs/" + name.substr(14) + "/" + name;
}

std::string BlobFiles::place_in_staging(const std::string& store_directory, NodeId node, BlobId blob) {
    return store_directory + "/staging/" + hex(raw(node)) + "-" + hex(raw(blob));
}

std::optional<BlobId> BlobFiles::blob_of_name(std::string_view name) {
    const auto number = name.size() == 16 ? parse_hex(name) : std::nullopt;
    return number ? std::optional(BlobId{*number}) : std::nullopt;
}

Result<Descriptor> BlobFiles::create_staging_file() {
    if (has_tmpfile_) {
        auto unnamed = open_file(directory_ + "/staging", O_TMPFILE | O_RDWR);
        if (unnamed || (unnamed.error().sys_errno != EOPNOTSUPP && unnamed.error().sys_errno != EISDIR)) return unnamed;
        has_tmpfile_ = false;
    }
    return open_file(directory_ + "/staging/tmp-" + hex(++staging_names_), O_CREAT | O_TRUNC | O_RDWR);
}

Result<Descriptor> BlobFiles::stage() {
    const std::lock_guard lock(mutex_);
    if (pool_.empty()) return create_staging_file();
    Descriptor ready = std::move(pool_.back());
    pool_.pop_back();
    return ready;
}

void BlobFiles::recycle(Descriptor staged) {
    if (::ftruncate(staged.get(), 0) != 0) return;
    const std::lock_guard lock(mutex_);
    if (pool_.size() < kPoolSize) pool_.push_back(std::move(staged));
}

Status BlobFiles::name_staged(int fd, NodeId node, BlobId blob) {
    if (link_file(fd, staged_path(node, blob)) != 0) return fail_errno(errno, "naming a blob in staging");
    const std::lock_guard lock(mutex_);
    named_[blob].node = node;
    if (has_tmpfile_) return {};
    // A staging file with a name of its own gives it up: what is left counts as a named leftover.
    char old_name[4096];
    const ssize_t length = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), old_name, sizeof old_name - 1);
    if (length > 0) ::unlink(std::string(old_name, static_cast<std::size_t>(length)).c_str());
    return {};
}

void BlobFiles::committed(BlobId blob, Sequence sequence) {
    const std::lock_guard lock(mutex_);
    if (const auto at = named_.find(blob); at != named_.end()) at->second.committed = sequence;
}

void BlobFiles::forget(BlobId blob) {
    const std::lock_guard lock(mutex_);
    named_.erase(blob);
}

void BlobFiles::publish_through(Sequence durable) {
    std::vector<Staged> ready;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [blob, named] : named_)
            if (named.committed <= durable) ready.push_back({named.node, blob});
    }
    const std::lock_guard places(places_mutex_);
    for (const auto& [node, blob] : ready)
        // If it fails, the blob stays where it is, and is found there, until the next round.
        if (rename_file(staged_path(node, blob), path_of(blob)) == 0) forget(blob);
}

Result<Descriptor> BlobFiles::leave_copy(BlobId blob, int fd, std::uint64_t size) {
    Descriptor copy = ASTEROPE_TRY(create_staging_file());
    ASTEROPE_TRY_STATUS(copy_file(fd, copy.get()));
    if (::ftruncate(copy.get(), static_cast<off_t>(size)) != 0 || ::fsync(copy.get()) != 0)
        return fail_errno(errno, "copying a blob");
    const std::string named = directory_ + "/staging/copy-" + hex(raw(blob));
    ::unlink(named.c_str());  // of an attempt that failed
    if (link_file(copy.get(), named) != 0) return fail_errno(errno, "naming a copy");
    const std::lock_guard places(places_mutex_);
    const std::string place = current_path(blob);
    if (rename_file(named, place) != 0) return fail_errno(errno, "placing a copy");
    ASTEROPE_TRY_STATUS(kv::sync_directory(filesystem::path(place).parent_path().string()));
    return copy;
}

void BlobFiles::unstage(NodeId node, BlobId blob) {
    ::unlink(staged_path(node, blob).c_str());
    forget(blob);
}

std::string BlobFiles::current_path(BlobId blob) const {
    const std::lock_guard lock(mutex_);
    const auto at = named_.find(blob);
    return at == named_.end() ? path_of(blob) : staged_path(at->second.node, blob);
}

/// Opens a blob that may be on its way from staging/ to blobs/. Errors: ENOENT when it has been removed.
Result<Descriptor> BlobFiles::open_anywhere(BlobId blob, int flags) const {
    auto opened = open_file(current_path(blob), flags);
    if (opened || opened.error().sys_errno != ENOENT) return opened;
    return open_file(path_of(blob), flags);  // it was moved meanwhile
}

Result<Descriptor> BlobFiles::open(BlobId blob, bool writable) const {
    auto opened = open_anywhere(blob, writable ? O_RDWR : O_RDONLY);
    if (!opened && opened.error().sys_errno == ENOENT)
        return fail(Errc::corrupt, "blob " + hex(raw(blob)) + " is missing");
    return opened;
}

std::vector<BlobId> BlobFiles::remove(std::span<const BlobId> blobs) {
    std::map<std::string, std::vector<BlobId>> by_directory;
    for (const BlobId blob : blobs) {
        const std::string path = current_path(blob);
        if (::unlink(path.c_str()) != 0 && errno != ENOENT) continue;
        by_directory[filesystem::path(path).parent_path().string()].push_back(blob);
        forget(blob);
    }
    std::vector<BlobId> removed;
    for (const auto& [directory, gone] : by_directory)
        if (kv::sync_directory(directory)) removed.insert(removed.end(), gone.begin(), gone.end());
    return removed;
}

Status BlobFiles::sync(std::span<const BlobId> blobs) const {
    for (const BlobId blob : blobs) {
        auto file = open_anywhere(blob, O_RDONLY);
        if (!file && file.error().sys_errno == ENOENT) continue;
        if (!file) return Unexpected(file.error());
        // Not fdatasync: that leaves out the name if the bytes reached the disk before it was given.
        if ((errno = kv::disk_fault(kv::DiskCall::sync)) != 0 || ::fsync(file->get()) != 0)
            return fail_errno(errno, "syncing a blob");
    }
    return {};
}

Result<StagedFile> StagedFile::create(BlobFiles& blobs) {
    StagedFile file;
    file.fd_ = ASTEROPE_TRY(blobs.stage());
    file.blobs_ = &blobs;
    return file;
}

Result<StagedFile> StagedFile::adopt(BlobFiles& blobs, int fd) {
    StagedFile file;
    file.fd_ = Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!file.fd_) return fail_errno(errno, "fcntl");
    file.blobs_ = &blobs;
    file.is_adopted_ = true;
    return file;
}

StagedFile& StagedFile::operator=(StagedFile&& other) noexcept {
    std::swap(blobs_, other.blobs_);
    std::swap(fd_, other.fd_);
    std::swap(is_adopted_, other.is_adopted_);
    std::swap(node_, other.node_);
    std::swap(blob_, other.blob_);
    return *this;
}

Result<BlobId> StagedFile::name(NodeId node, BlobId id) {
    if (raw(blob_) != 0 && node_ == node) return blob_;
    ASTEROPE_TRY_STATUS(blobs_->name_staged(fd_.get(), node, id));
    if (raw(blob_) != 0) blobs_->unstage(node_, blob_);
    node_ = node;
    blob_ = id;
    return blob_;
}

Descriptor StagedFile::hand_over() {
    blob_ = BlobId{};
    return std::move(fd_);
}

void StagedFile::drop() {
    if (!fd_) return;
    if (raw(blob_) != 0)
        blobs_->unstage(node_, blob_);  // what had a name cannot be used again
    else if (!is_adopted_)
        blobs_->recycle(std::move(fd_));
}

/// Named staged files are taken over, others deleted.
Status BlobFiles::find_named() {
    boost::system::error_code error;
    for (const auto& entry : filesystem::directory_iterator(directory_ + "/staging", error)) {
        const std::string name = entry.path().filename().string();
        const auto node = parse_hex(std::string_view(name).substr(0, 16));
        const auto blob = name.size() == 33 && name[16] == '-' ? parse_hex(std::string_view(name).substr(17)) : std::nullopt;
        if (node && blob)
            named_[BlobId{*blob}].node = NodeId{*node};
        else
            ::unlink(entry.path().c_str());
    }
    if (error) return fail_errno(error.value(), directory_ + "/staging");
    return {};
}

std::vector<BlobFiles::Staged> BlobFiles::named() const {
    const std::lock_guard lock(mutex_);
    std::vector<Staged> found;
    for (const auto& [blob, named] : named_) found.push_back({named.node, blob});
    return found;
}

Result<std::vector<std::pair<BlobId, std::uint64_t>>> BlobFiles::list(const std::string& store_directory) {
    std::vector<std::pair<BlobId, std::uint64_t>> found;
    for (int i = 0; i < kFanout; ++i) {
        // Not recursively: blobs come and go meanwhile, which that takes for an error.
        const std::string folder = store_directory + "/blobs/" + hex(static_cast<std::uint64_t>(i)).substr(14);
        boost::system::error_code error;
        filesystem::directory_iterator entry(folder, error);
        for (; !error && entry != filesystem::directory_iterator(); entry.increment(error)) {
            struct stat status {};
            if (::stat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
            if (const auto blob = blob_of_name(entry->path().filename().string()))
                found.emplace_back(*blob, static_cast<std::uint64_t>(status.st_size));
        }
        if (error && error != boost::system::errc::no_such_file_or_directory) return fail_errno(error.value(), folder);
    }
    return found;
}

}  // namespace asterope::storage

#include "engine/storage/blob_files.h"

#include <sys/stat.h>

#include <boost/filesystem.hpp>
#include <charconv>
#include <cstdio>

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

}  // namespace

Result<std::unique_ptr<BlobFiles>> BlobFiles::open(const std::string& store_directory) {
    std::unique_ptr<BlobFiles> blobs(new BlobFiles(store_directory));
    ASTEROPE_TRY_STATUS(kv::make_directory(store_directory + "/staging"));
    ASTEROPE_TRY_STATUS(kv::make_directory(store_directory + "/blobs"));
    for (int i = 0; i < kFanout; ++i)
        ASTEROPE_TRY_STATUS(kv::make_directory(store_directory + "/blobs/" + hex(static_cast<std::uint64_t>(i)).substr(14)));
    return blobs;
}

std::string BlobFiles::path_of(BlobId blob) const {
    const std::string name = hex(raw(blob));
    return directory_ + "/blobs/" + name.substr(14) + "/" + name;
}

std::string BlobFiles::staged_path(NodeId node, BlobId blob) const {
    return directory_ + "/staging/" + hex(raw(node)) + "-" + hex(raw(blob));
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
    const std::string path = staged_path(node, blob);
    const std::string self = "/proc/self/fd/" + std::to_string(fd);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0)
        return fail_errno(errno, "naming a blob in staging");
    const std::lock_guard lock(mutex_);
    named_[blob] = node;
    if (has_tmpfile_) return {};
    // A staging file with a name of its own gives it up: what is left counts as a named leftover.
    char old_name[4096];
    const ssize_t length = ::readlink(self.c_str(), old_name, sizeof old_name - 1);
    if (length > 0) ::unlink(std::string(old_name, static_cast<std::size_t>(length)).c_str());
    return {};
}

Status BlobFiles::publish(NodeId node, BlobId blob) {
    if (::rename(staged_path(node, blob).c_str(), path_of(blob).c_str()) != 0)
        return fail_errno(errno, "publishing a blob");
    const std::lock_guard lock(mutex_);
    named_.erase(blob);
    return {};
}

void BlobFiles::unstage(NodeId node, BlobId blob) {
    ::unlink(staged_path(node, blob).c_str());
    const std::lock_guard lock(mutex_);
    named_.erase(blob);
}

Result<Descriptor> BlobFiles::open(BlobId blob, bool writable) {
    auto opened = open_anywhere(blob, writable ? O_RDWR : O_RDONLY);
    if (!opened && opened.error().sys_errno == ENOENT)
        return fail(Errc::corrupt, "blob " + hex(raw(blob)) + " is missing");
    return opened;
}

Status BlobFiles::remove(BlobId blob) {
    if (::unlink(path_of(blob).c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "removing a blob");
    return {};
}

/// Opens a blob that may be on its way from staging/ to blobs/. Errors: ENOENT when it has been removed.
Result<Descriptor> BlobFiles::open_anywhere(BlobId blob, int flags) {
    std::optional<NodeId> staged_for;
    {
        const std::lock_guard lock(mutex_);
        if (const auto at = named_.find(blob); at != named_.end()) staged_for = at->second;
    }
    if (staged_for)
        if (auto staged = open_file(staged_path(*staged_for, blob), flags)) return staged;
    return open_file(path_of(blob), flags);
}

Status BlobFiles::sync(std::span<const BlobId> blobs) {
    for (const BlobId blob : blobs) {
        auto file = open_anywhere(blob, O_RDONLY);
        if (!file && file.error().sys_errno == ENOENT) continue;
        if (!file) return Unexpected(file.error());
        if (::fdatasync(file->get()) != 0) return fail_errno(errno, "syncing a blob");
    }
    return {};
}

Result<StagedFile> StagedFile::create(BlobFiles& blobs) {
    StagedFile file;
    file.fd_ = ASTEROPE_TRY(blobs.stage());
    file.blobs_ = &blobs;
    return file;
}

StagedFile& StagedFile::operator=(StagedFile&& other) noexcept {
    std::swap(blobs_, other.blobs_);
    std::swap(fd_, other.fd_);
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
    else
        blobs_->recycle(std::move(fd_));
}

Result<std::vector<BlobFiles::Staged>> BlobFiles::leftovers() {
    std::vector<Staged> found;
    boost::system::error_code error;
    for (const auto& entry : filesystem::directory_iterator(directory_ + "/staging", error)) {
        const std::string name = entry.path().filename().string();
        const auto node = parse_hex(std::string_view(name).substr(0, 16));
        const auto blob = name.size() == 33 && name[16] == '-' ? parse_hex(std::string_view(name).substr(17)) : std::nullopt;
        if (node && blob)
            found.push_back({NodeId{*node}, BlobId{*blob}});
        else
            ::unlink(entry.path().c_str());
    }
    if (error) return fail_errno(error.value(), directory_ + "/staging");
    return found;
}

Result<std::vector<std::pair<BlobId, std::uint64_t>>> BlobFiles::list() const {
    std::vector<std::pair<BlobId, std::uint64_t>> found;
    boost::system::error_code error;
    for (const auto& entry : filesystem::recursive_directory_iterator(directory_ + "/blobs", error)) {
        struct stat status {};
        if (::stat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
        if (const auto blob = parse_hex(entry.path().filename().string()))
            found.emplace_back(BlobId{*blob}, static_cast<std::uint64_t>(status.st_size));
    }
    if (error) return fail_errno(error.value(), directory_ + "/blobs");
    return found;
}

}  // namespace asterope::storage

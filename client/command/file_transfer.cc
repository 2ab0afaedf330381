#include "client/command/file_transfer.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <vector>

namespace asterope::command {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;

/// For a file that has `size` bytes, and one more shows its end: a large one for each small file would cost more than the file.
std::vector<std::byte> chunk_for(std::uint64_t size) {
    return std::vector<std::byte>(static_cast<std::size_t>(std::min<std::uint64_t>(size + 1, kChunkBytes)));
}

}  // namespace

Status write_all(int fd, std::span<const std::byte> bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n >= 0)
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        else if (errno != EINTR)
            return fail_errno(errno, "'" + path + "'");
    }
    return {};
}

Status copy_out(File& file, int fd, const std::string& path, bool can_seek, Progress& progress) {
    std::vector<std::byte> chunk = chunk_for(ASTEROPE_TRY(file.getattr()).size);
    std::uint64_t offset = 0;
    for (;;) {
        if (can_seek) {
            const auto data = file.seek(offset, SEEK_DATA);
            // The rest is a hole, or there is no rest.
            if (!data && data.error().to_errno() == ENXIO) break;
            if (data && *data > offset) {
                offset = *data;
                if (::lseek(fd, static_cast<off_t>(offset), SEEK_SET) < 0) return fail_errno(errno, "'" + path + "'");
            }
        }
        const std::size_t size = ASTEROPE_TRY(file.read(offset, chunk));
        if (size == 0) break;
        ASTEROPE_TRY_STATUS(write_all(fd, std::span(chunk).first(size), path));
        offset += size;
        progress.add(size);
    }
    if (!can_seek) return {};
    const std::uint64_t size = std::max(offset, ASTEROPE_TRY(file.getattr()).size);
    if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return fail_errno(errno, "'" + path + "'");
    return {};
}

Status copy_in(int fd, const std::string& path, StagedContent& content, Progress& progress) {
    struct stat status {};
    const bool known = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    std::vector<std::byte> chunk = chunk_for(known ? static_cast<std::uint64_t>(status.st_size) : kChunkBytes);
    for (;;) {
        const ssize_t size = ::read(fd, chunk.data(), chunk.size());
        if (size == 0) return {};
        if (size < 0) {
            if (errno == EINTR) continue;
            return fail_errno(errno, "'" + path + "'");
        }
        ASTEROPE_TRY_STATUS(content.append(std::span(chunk).first(static_cast<std::size_t>(size))));
        progress.add(static_cast<std::uint64_t>(size));
    }
}

Result<NewFile> NewFile::create(const std::string& path, const std::string& temporary, mode_t mode) {
    NewFile file;
    file.path_ = path;
    file.temporary_ = temporary;
    file.fd_ = ASTEROPE_TRY(open_file(temporary, O_CREAT | O_EXCL | O_WRONLY, mode));
    return file;
}

Result<NewFile> NewFile::create(const std::string& path, mode_t mode) {
    return create(path, path + ".asterope-" + std::to_string(::getpid()), mode);
}

NewFile::~NewFile() {
    if (fd_) ::unlink(temporary_.c_str());
}

Status NewFile::publish() {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return fail_errno(errno, "'" + path_ + "'");
    fd_ = Descriptor();
    return {};
}

Result<std::vector<std::string>> names_in(const std::string& directory) {
    namespace filesystem = boost::filesystem;
    std::vector<std::string> names;
    boost::system::error_code error;
    filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != filesystem::directory_iterator(); entry.increment(error))
        names.push_back(entry->path().filename().string());
    if (error) return fail_errno(error.value(), "'" + directory + "'");
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace asterope::command

#include "engine/storage/kv/boot_mark.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "engine/storage/kv/disk.h"

namespace asterope::kv {
namespace {

constexpr unsigned kStatxMountIdReused = 0x1000;  ///< STATX_MNT_ID
constexpr unsigned kStatxMountIdUnique = 0x4000;  ///< STATX_MNT_ID_UNIQUE, newer than Debian 12's headers
constexpr std::size_t kMarkBytes = 128;

std::string mark_path(const std::string& directory) {
    return directory + "/boot";
}

std::string boot_id() {
    auto fd = open_file("/proc/sys/kernel/random/boot_id", O_RDONLY);
    if (!fd) return {};
    auto text = read_up_to(fd->get(), 64, 0);
    if (!text) return {};
    return text->substr(0, text->find('\n'));
}

std::string mount_id(const std::string& directory) {
    struct statx found {};
    for (const unsigned mask : {kStatxMountIdUnique, kStatxMountIdReused}) {
        if (::statx(AT_FDCWD, directory.c_str(), 0, mask, &found) != 0 || (found.stx_mask & mask) == 0)
            continue;
        return (mask == kStatxMountIdUnique ? "unique " : "reused ") + std::to_string(found.stx_mnt_id);
    }
    return {};
}

}  // namespace

std::string boot_mark_now(const std::string& directory) {
    const std::string boot = boot_id();
    const std::string mount = mount_id(directory);
    if (boot.empty() || mount.empty()) return {};
    std::string mark = "asterope-boot 1 " + boot + ' ' + mount;
    mark.resize(kMarkBytes - 1, ' ');
    return mark + '\n';
}

bool power_cut_since_mark(const std::string& directory) {
    const std::string now = boot_mark_now(directory);
    auto fd = open_file(mark_path(directory), O_RDONLY);
    if (now.empty() || !fd) return true;
    const auto then = read_up_to(fd->get(), kMarkBytes, 0);
    return !then || *then != now;
}

Status write_boot_mark(const std::string& directory) {
    const Descriptor fd = ASTEROPE_TRY(open_file(mark_path(directory), O_WRONLY | O_CREAT));
    std::string mark = boot_mark_now(directory);
    mark.resize(kMarkBytes, ' ');
    return write_all(fd.get(), mark, 0);
}

}  // namespace asterope::kv

#include "tests/crash/loop_filesystem.h"

#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "tests/own_mount_namespace.h"

namespace asterope::crash {
namespace {

constexpr unsigned long kShutdown = _IOR('X', 125, std::uint32_t);  ///< XFS_IOC_GOINGDOWN, the same for ext4
constexpr std::uint32_t kWithoutFlushingTheLog = 2;

[[noreturn]] void give_up(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

std::string temporary_name(const char* pattern) { return (std::filesystem::temp_directory_path() / pattern).string(); }

/// A free loop device that shows `image` and detaches itself when it is no longer used.
Descriptor attach(int image, std::string& device) {
    const Descriptor control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    for (int tries = 0; tries < 100; ++tries) {
        const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
        if (number < 0) give_up("no free loop device");
        device = "/dev/loop" + std::to_string(number);
        Descriptor loop(::open(device.c_str(), O_RDWR | O_CLOEXEC));
        loop_config config{};
        config.fd = static_cast<std::uint32_t>(image);
        config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
        if (loop && ::ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0) return loop;
        if (errno != EBUSY) give_up(device);  // EBUSY: another was faster
    }
    give_up("attaching a loop device");
}

}  // namespace

std::string enter_mount_namespace() {
    if (::geteuid() != 0) return "needs root";
    if (::access("/dev/loop-control", R_OK | W_OK) != 0) return "/dev/loop-control cannot be used";
    return enter_own_mount_namespace();
}

LoopFilesystem::LoopFilesystem(const std::string& type, std::uint64_t bytes) : type_(type) {
    std::string name = temporary_name("asterope-crash-image-XXXXXX");
    image_ = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
    const bool sized = image_ && ::ftruncate(image_.get(), static_cast<off_t>(bytes)) == 0;
    const std::string quiet = type == "ext4" ? " -q -F -m 0 " : " -q -f ";
    const bool made = sized && std::system(("mkfs." + type + quiet + name).c_str()) == 0;
    ::unlink(name.c_str());
    if (!made) throw std::runtime_error("mkfs." + type + " failed");
    path_ = temporary_name("asterope-crash-mount-XXXXXX");
    if (::mkdtemp(path_.data()) == nullptr) give_up(path_);
    mount();
}

LoopFilesystem::~LoopFilesystem() {
    ::umount2(path_.c_str(), MNT_DETACH);
    ::rmdir(path_.c_str());
}

void LoopFilesystem::mount() {
    std::string device;
    const Descriptor loop = attach(image_.get(), device);
    if (::mount(device.c_str(), path_.c_str(), type_.c_str(), 0, nullptr) != 0) give_up("mounting " + device);
}

void LoopFilesystem::cut_power() {
    const Descriptor root(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    std::uint32_t mode = kWithoutFlushingTheLog;
    if (::ioctl(root.get(), kShutdown, &mode) != 0) give_up("shutting " + path_ + " down");
}

void LoopFilesystem::unmount() {
    for (int tries = 0; ::umount2(path_.c_str(), 0) != 0; ++tries) {
        if (errno != EBUSY || tries > 1000) give_up("unmounting " + path_);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));  // the kernel is still ending a killed process
    }
}

void LoopFilesystem::remount() {
    unmount();
    mount();
}

}  // namespace asterope::crash

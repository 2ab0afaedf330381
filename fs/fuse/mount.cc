#include "fs/mount.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <filesystem>

#include "fs/filesystem.h"
#include "fs/fuse/session.h"

namespace asterope::fs {
namespace {

constexpr long kFuseMagic = 0x65735546;

/// Everything that libfuse would refuse later, or that would surprise, in words.
Status check_mountpoint(const std::string& path) {
    struct stat st {};
    if (::stat(path.c_str(), &st) != 0) {
        if (errno == ENOTCONN) {
            return fail(Errc::busy,
                        "'" + path +
                            "' is a mount whose process has died; unmount it first: fusermount3 -uz '" +
                            path + "'");
        }
        return fail_errno(errno, "mount point '" + path + "'");
    }
    if (!S_ISDIR(st.st_mode)) return fail(Errc::not_dir, "mount point '" + path + "' is not a directory");
    std::error_code error;
    const bool empty = std::filesystem::is_empty(path, error);
    if (error) return fail_errno(error.value(), "mount point '" + path + "'");
    if (!empty) return fail(Errc::not_empty, "mount point '" + path + "' is not empty");
    return {};
}

Status check_device() {
    if (::access("/dev/fuse", R_OK | W_OK) == 0) return {};
    if (errno == ENOENT)
        return fail(Errc::unavailable, "/dev/fuse is missing: is the kernel's fuse module loaded?");
    return fail_errno(errno, "/dev/fuse");
}

/// Commas and backslashes would end a value in an option list.
std::string escaped(const std::string& value) {
    std::string out;
    for (const char c : value) {
        if (c == ',' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

std::string option_list(const Volume& volume, const MountOptions& options) {
    const std::string source = options.fsname.empty() ? volume.info().description : options.fsname;
    std::string list = "default_permissions,subtype=asterope,max_read=1048576,fsname=" + escaped(source);
    if (options.allow_other.value_or(::geteuid() == 0)) list += ",allow_other";
    if (options.read_only) list += ",ro";
    for (const auto& option : options.options) list += "," + option;
    return list;
}

Options with_mountpoint(Options options, const std::string& mountpoint) {
    if (!options.query_only)
        options.mountpoint = mountpoint;  // keys are no paths in a mount without the files
    return options;
}

class FuseMount : public Mount {
  public:
    FuseMount(Volume& volume, std::string mountpoint, const MountOptions& options)
        : filesystem_(volume, with_mountpoint(options.filesystem, mountpoint)),
          mountpoint_(std::move(mountpoint)),
          options_(options) {}

    Status open(const std::string& list) {
        const bool passthrough = options_.passthrough && ::geteuid() == 0;
        session_ = ASTEROPE_TRY(fuse::Session::open(filesystem_, mountpoint_, list, {options_.ready, options_.log, passthrough}));
        filesystem_.set_kernel_cache(*session_);
        if (passthrough) filesystem_.pass_through(*session_);
        return {};
    }

    ~FuseMount() override { filesystem_.stop_watching(); }

    Status run() override {
        const Status status = session_->run(options_.threads_max);
        filesystem_.stop_watching();
        session_->close();  // takes the mount out of the tree and ends what nobody answers any more
        filesystem_.close_all();
        return status;
    }

    void stop() override {
        const int root = ::open(mountpoint_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct statfs fs {};
        const bool mounted = root >= 0 && ::fstatfs(root, &fs) == 0 && fs.f_type == kFuseMagic;
        if (mounted) ::syncfs(root);  // mapped pages that were written
        session_->request_exit();
        if (mounted)
            ::fstatfs(root, &fs);  // any request: a thread of the loop wakes up by it and sees the exit
        if (root >= 0) ::close(root);
    }

    void settle() override { filesystem_.settle(); }

  private:
    FileSystem filesystem_;
    const std::string mountpoint_;
    const MountOptions options_;
    std::unique_ptr<fuse::Session> session_;
};

}  // namespace

Result<std::unique_ptr<Mount>> mount(Volume& volume, const std::string& mountpoint,
                                     const MountOptions& options) {
    ASTEROPE_TRY_STATUS(check_device());
    ASTEROPE_TRY_STATUS(check_mountpoint(mountpoint));
    std::error_code error;
    const auto absolute =
        std::filesystem::canonical(mountpoint, error);  // the process may change its directory
    if (error) return fail_errno(error.value(), "mount point '" + mountpoint + "'");
    auto mounted = std::make_unique<FuseMount>(volume, absolute.string(), options);
    ASTEROPE_TRY_STATUS(mounted->open(option_list(volume, options)));
    return std::unique_ptr<Mount>(std::move(mounted));
}

}  // namespace asterope::fs

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "engine/storage/descriptor.h"
#include "tests/crash/target.h"

namespace asterope::crash {
namespace {

Status status_of(int rc) { return rc == 0 ? Status{} : Status(fail_errno(errno, "")); }

/// An RFC 7396 patch. The fields' values are numbers and plain texts.
std::string patch_text(const std::vector<FieldChange>& fields) {
    std::string text;
    for (const FieldChange& field : fields) {
        text += (text.empty() ? "{\"" : ",\"") + field.name + "\":";
        const bool quoted = field.value && field.value->get_if<std::string>() != nullptr;
        const std::string value = field.value ? to_xattr_bytes(*field.value) : "null";
        text += quoted ? "\"" + value + "\"" : value;
    }
    return text + "}";
}

class PosixTarget final : public Target {
  public:
    explicit PosixTarget(std::string directory) : directory_(std::move(directory)) {}

    Status apply(const Step& step) override {
        const std::string path = directory_ + "/" + step.path, other = directory_ + "/" + step.other;
        switch (step.kind) {
            case StepKind::make_directory: return status_of(::mkdir(path.c_str(), 0755));
            case StepKind::create: return outcome_of(open_file(path, O_CREAT | O_EXCL | O_WRONLY, 0644));
            case StepKind::symlink: return status_of(::symlink(step.bytes.c_str(), path.c_str()));
            case StepKind::put: return fail(Errc::unsupported);
            case StepKind::overwrite: return write(step, path, O_TRUNC);
            case StepKind::patch: return patch(step, path);
            case StepKind::rename: return status_of(::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, other.c_str(), flags(step.mode)));
            case StepKind::link: return status_of(::linkat(AT_FDCWD, path.c_str(), AT_FDCWD, other.c_str(), 0));
            case StepKind::unlink: return status_of(::unlink(path.c_str()));
            case StepKind::remove_directory: return status_of(::rmdir(path.c_str()));
            case StepKind::set_fields: return set(path, "user.asterope.patch", patch_text(step.fields));
            case StepKind::set_attribute: return set(path, "trusted.note", step.bytes);
            case StepKind::change_mode: return change_mode(step, path);
            case StepKind::sync: return sync();
        }
        return fail(Errc::invalid);
    }

  private:
    static Status outcome_of(const Result<Descriptor>& opened) {
        return opened ? Status{} : Status(Unexpected(opened.error()));
    }
    static unsigned flags(RenameMode mode) {
        return mode == RenameMode::exchange ? RENAME_EXCHANGE : mode == RenameMode::no_replace ? RENAME_NOREPLACE : 0;
    }
    static Status write(const Step& step, const std::string& path, int open_flags) {
        const auto file = ASTEROPE_TRY(open_file(path, O_WRONLY | O_NOFOLLOW | open_flags));
        ASTEROPE_TRY_STATUS(storage::write_at(file.get(), step.offset, std::as_bytes(std::span(step.bytes))));
        // A step is answered when it is committed: by a close of its own, which tells the outcome.
        if (step.durable) return status_of(::fsync(file.get()));
        return status_of(::close(::dup(file.get())));
    }
    static Status patch(const Step& step, const std::string& path) {
        struct stat found {};
        ASTEROPE_TRY_STATUS(status_of(::lstat(path.c_str(), &found)));
        if (S_ISREG(found.st_mode) && static_cast<std::uint64_t>(found.st_size) > kPatchableBytes) return fail(Errc::file_too_large);
        return write(step, path, 0);
    }
    static Status refuse_symlink(const std::string& path) {
        struct stat found {};
        ASTEROPE_TRY_STATUS(status_of(::lstat(path.c_str(), &found)));
        return S_ISLNK(found.st_mode) ? Status(fail(Errc::not_permitted)) : Status{};
    }
    static Status set(const std::string& path, const char* name, const std::string& bytes) {
        ASTEROPE_TRY_STATUS(refuse_symlink(path));
        return status_of(::setxattr(path.c_str(), name, bytes.data(), bytes.size(), 0));
    }
    static Status change_mode(const Step& step, const std::string& path) {
        ASTEROPE_TRY_STATUS(refuse_symlink(path));
        return status_of(::chmod(path.c_str(), step.permissions));
    }
    Status sync() const {
        const auto root = ASTEROPE_TRY(open_file(directory_, O_RDONLY | O_DIRECTORY));
        return status_of(::fsync(root.get()));
    }

    const std::string directory_;
};

}  // namespace

std::unique_ptr<Target> posix_target(std::string directory) {
    return std::make_unique<PosixTarget>(std::move(directory));
}

}  // namespace asterope::crash

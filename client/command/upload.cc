#include "client/command/upload.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <map>
#include <utility>

#include "client/command/file_transfer.h"
#include "client/command/places.h"
#include "engine/core/path.h"
#include "engine/core/descriptor.h"

namespace asterope::command {
namespace {

namespace filesystem = boost::filesystem;

}  // namespace

int Upload::run(const std::vector<std::string>& sources, const std::string& target) {
    const auto to = target_of(volume_, target, sources.size());
    if (!to) return report(target, to.error());
    for (const std::string& source : sources) {
        if (source == "-" && to->is_directory) {
            note(source, fail(Errc::invalid, "standard input has no name: give it a key"));
            continue;
        }
        waiting_.emplace_back(source, to->for_source(source));
        // Directories add what is in them; a list, not recursion, since trees may be deep.
        while (!waiting_.empty()) {
            const auto [from, key] = std::move(waiting_.back());
            waiting_.pop_back();
            note(from, put(from, key));
        }
    }
    note(target, volume_.sync());
    return outcome_.exit_status();
}

void Upload::note(const std::string& source, const Status& status) {
    if (!status) progress_.hide();
    outcome_.note(source, status);
}

Status Upload::put(const std::string& source, const std::string& key) {
    if (source == "-") return put_file(STDIN_FILENO, source, key);
    struct stat status {};
    // A link that was named is followed; one that was met is stored.
    const bool named = waiting_.empty() && !options_.recursive;
    if ((named ? ::stat : ::lstat)(source.c_str(), &status) != 0) return fail_errno(errno, "'" + source + "'");
    switch (status.st_mode & S_IFMT) {
        case S_IFDIR:
            if (!options_.recursive) return fail(Errc::is_dir, "'" + source + "' is a directory: use -r");
            return put_directory(source, key);
        case S_IFLNK: return put_symlink(source, key);
        default: break;
    }
    const auto file = ASTEROPE_TRY(open_file(source, O_RDONLY));
    return put_file(file.get(), source, key);
}

Status Upload::put_file(int fd, const std::string& source, const std::string& key) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return fail_errno(errno, "'" + source + "'");
    const bool regular = S_ISREG(status.st_mode);
    progress_.begin(source, regular ? static_cast<std::uint64_t>(status.st_size) : 0);
    PutRequest request{.mode = regular && fd != STDIN_FILENO ? status.st_mode & 0777u : 0644u, .uid = ::geteuid(),
                       .gid = ::getegid(), .document = options_.document, .create_only = options_.no_clobber};
    request.content = ASTEROPE_TRY(volume_.stage());
    ASTEROPE_TRY_STATUS(copy_in(fd, source, *request.content, progress_));
    const Place place = ASTEROPE_TRY(make_place(volume_, key));
    const auto put = volume_.put(place.dir, place.name, std::move(request));
    if (!put && put.error().message.empty()) return fail(put.error().code, "'" + key + "': " + put.error().text());
    if (!put) return Unexpected(put.error());
    return {};
}

Status Upload::put_directory(const std::string& source, const std::string& key) {
    ASTEROPE_TRY(make_directories(volume_, key, new_directory()));
    for (const std::string& name : ASTEROPE_TRY(names_in(source)))
        waiting_.emplace_back(source + "/" + name, join_key(key, name));
    return {};
}

Status Upload::put_symlink(const std::string& source, const std::string& key) {
    boost::system::error_code error;
    const auto target = filesystem::read_symlink(source, error);
    if (error) return fail_errno(error.value(), "'" + source + "'");
    const Place place = ASTEROPE_TRY(make_place(volume_, key));
    ASTEROPE_TRY(volume_.create(place.dir, place.name,
                                {.type = NodeType::symlink, .mode = 0777, .uid = ::geteuid(), .gid = ::getegid(),
                                 .target = target.string(), .document = options_.document.value_or(Document{})}));
    return {};
}

}  // namespace asterope::command

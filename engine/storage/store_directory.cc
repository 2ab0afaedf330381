#include "engine/storage/store_directory.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <fstream>
#include <sstream>

#include "engine/core/timestamp.h"
#include "engine/storage/durable_file.h"
#include "engine/storage/incoming.h"

namespace asterope::storage {
namespace {

namespace filesystem = boost::filesystem;

Result<std::string> random_uuid() {
    std::ifstream source("/proc/sys/kernel/random/uuid");
    std::string uuid;
    if (!std::getline(source, uuid)) return fail(Errc::io, "cannot read /proc/sys/kernel/random/uuid");
    return uuid;
}

/// The uuid of the store that `format` (the text of FORMAT) describes.
Result<std::string> parse_format(const std::string& path, std::istream& format) {
    std::string word, uuid;
    int version = 0;
    if (!(format >> word >> version) || word != "asterope")
        return fail(Errc::format, "'" + path + "' is not a store: its FORMAT is damaged");
    if (version != kFormatVersion)
        return fail(Errc::format, "'" + path + "' has store format " + std::to_string(version) +
                                      "; this program reads format " + std::to_string(kFormatVersion) + ": use a newer one");
    while (format >> word >> uuid)
        if (word == "uuid") return uuid;
    return fail(Errc::format, "'" + path + "' is not a store: its FORMAT has no uuid");
}

}  // namespace

Status StoreDirectory::create(const std::string& path) {
    boost::system::error_code error;
    if (filesystem::exists(path + "/FORMAT", error)) return fail(Errc::exists, "'" + path + "' is a store already");
    if (filesystem::exists(path, error)) {
        if (!filesystem::is_directory(path, error)) return fail(Errc::not_dir, "'" + path + "' is not a directory");
        if (!filesystem::is_empty(path, error)) return fail(Errc::exists, "'" + path + "' is not empty");
    } else if (::mkdir(path.c_str(), 0700) != 0) {
        return fail_errno(errno, "cannot create '" + path + "'");
    }
    const std::string uuid = ASTEROPE_TRY(random_uuid());
    return write_durably(path + "/FORMAT", "asterope " + std::to_string(kFormatVersion) + "\nuuid " + uuid + "\ncreated " +
                                               to_rfc3339(Timestamp::now()) + "\n");
}

Result<StoreDirectory> StoreDirectory::open(const std::string& path) {
    boost::system::error_code error;
    if (!filesystem::exists(path, error)) return fail(Errc::not_found, "'" + path + "' does not exist");
    StoreDirectory store;
    store.uuid = ASTEROPE_TRY(read_uuid(path));
    store.path = filesystem::canonical(path, error).string();
    if (error) return fail_errno(error.value(), path);
    store.lock = ASTEROPE_TRY(take_lock(path));
    ASTEROPE_TRY_STATUS(finish_incoming(store.path));
    return store;
}

Result<Descriptor> StoreDirectory::take_lock(const std::string& path) {
    auto lock = ASTEROPE_TRY(open_file(path + "/lock", O_CREAT | O_RDWR, 0600));
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno == EWOULDBLOCK) return fail(Errc::busy, "'" + path + "' is in use by another process");
    return fail_errno(errno, "locking '" + path + "'");
}

Result<std::string> StoreDirectory::read_uuid(const std::string& path) {
    std::ifstream format(path + "/FORMAT");
    if (format) return parse_format(path, format);
    if (::access((path + "/incoming").c_str(), F_OK) == 0)
        return fail(Errc::format, "'" + path + "' holds a backup that is not complete: run 'asterope backup' (or restore) again");
    return fail(Errc::format, "'" + path + "' is not a store (it has no FORMAT file): make one with 'asterope init'");
}

}  // namespace asterope::storage

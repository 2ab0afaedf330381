#include "engine/storage/incoming.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>

#include "engine/storage/blob_files.h"
#include "engine/storage/durable_file.h"
#include "engine/storage/kv/disk.h"
#include "engine/storage/view.h"

namespace asterope::storage {
namespace {

namespace filesystem = boost::filesystem;

constexpr const char* kComplete = "/COMPLETE";

bool is_there(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

/// What was moved before an interruption is no longer there.
Status move_if_there(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
    return fail_errno(errno, from);
}

Status remove_contents(const std::string& directory) {
    boost::system::error_code error;
    if (!is_there(directory)) return {};
    for (const auto& entry : filesystem::directory_iterator(directory, error)) {
        filesystem::remove_all(entry.path(), error);
        if (error) break;
    }
    return error ? Status(fail_errno(error.value(), directory)) : Status{};
}

Status move_blobs(const std::string& store) {
    ASTEROPE_TRY_STATUS(BlobFiles::make_folders(store));
    boost::system::error_code error;
    for (const auto& entry : filesystem::directory_iterator(incoming_of(store) + "/blobs", error))
        if (const auto blob = BlobFiles::blob_of_name(entry.path().filename().string()))
            ASTEROPE_TRY_STATUS(move_if_there(entry.path().string(), BlobFiles::place(store, *blob)));
    return error ? Status(fail_errno(error.value(), incoming_of(store))) : Status{};
}

Status remove_unnamed_blobs(const std::string& store) {
    std::vector<NamedBlob> named;
    {
        const auto state = ASTEROPE_TRY(kv::open_copy(store + "/index"));
        named = ASTEROPE_TRY(named_blobs(*state));
    }
    for (const auto& [blob, bytes] : ASTEROPE_TRY(BlobFiles::list(store))) {
        const auto at = std::lower_bound(named.begin(), named.end(), NamedBlob{blob, NodeId{}});
        if (at != named.end() && at->blob == blob) continue;
        if (::unlink(BlobFiles::place(store, blob).c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "removing a blob");
    }
    return {};
}

}  // namespace

Result<std::vector<NamedBlob>> named_blobs(const kv::Reader& state) {
    std::vector<NamedBlob> named;
    Status decoded;
    ASTEROPE_TRY_STATUS(View(state).scan(kv::Table::nodes, "", "", [&](auto key, auto value) {
        const NodeId node{u64_of(key)};
        const auto record = decode_node(node, value);
        if (!record) decoded = Unexpected(record.error());
        // What was unlinked and is still open somewhere is removed when the copy is opened.
        if (record && record->content == ContentKind::blob && record->attr.nlink > 0) named.push_back({record->blob, node});
        return decoded.has_value();
    }));
    ASTEROPE_TRY_STATUS(decoded);
    std::sort(named.begin(), named.end());
    return named;
}

Status mark_incoming_complete(const std::string& store) {
    ASTEROPE_TRY_STATUS(write_durably(incoming_of(store) + kComplete, "complete\n"));
    return kv::sync_directory(incoming_of(store));
}

Status finish_incoming(const std::string& store) {
    const std::string incoming = incoming_of(store);
    if (!is_there(incoming + kComplete)) return {};
    ASTEROPE_TRY_STATUS(move_blobs(store));
    // What the old state had besides its tree says nothing about the new one.
    ASTEROPE_TRY_STATUS(remove_contents(store + "/journal"));
    ASTEROPE_TRY_STATUS(remove_contents(store + "/staging"));
    ASTEROPE_TRY_STATUS(kv::make_directory(store + "/index"));
    ASTEROPE_TRY_STATUS(move_if_there(incoming + "/index/data.mdb", store + "/index/data.mdb"));
    ASTEROPE_TRY_STATUS(move_if_there(incoming + "/FORMAT", store + "/FORMAT"));
    ASTEROPE_TRY_STATUS(remove_unnamed_blobs(store));
    ASTEROPE_TRY_STATUS(sync_filesystem(store));
    if (::unlink((incoming + kComplete).c_str()) != 0) return fail_errno(errno, incoming);
    ASTEROPE_TRY_STATUS(kv::sync_directory(incoming));  // from now on the store may change, and nothing must undo that
    boost::system::error_code error;
    filesystem::remove_all(incoming, error);
    return error ? Status(fail_errno(error.value(), incoming)) : Status{};
}

Status sync_filesystem(const std::string& directory) {
    const Descriptor fd = ASTEROPE_TRY(open_file(directory, O_RDONLY | O_DIRECTORY));
    return ::syncfs(fd.get()) == 0 ? Status{} : Status(fail_errno(errno, directory));
}

}  // namespace asterope::storage

#include "client/open.h"

#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "client/remote_volume.h"
#include "client/socket_transport.h"
#include "engine/storage/local_volume.h"

namespace asterope {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kRetryInterval{20};

bool is_url(std::string_view text) {
    return text.find("://") != std::string_view::npos;
}

Result<std::unique_ptr<Volume>> open_remote(const std::string& directory, std::chrono::milliseconds wait) {
    auto transport = ASTEROPE_TRY(connect_socket(socket_path(directory), std::max(wait, kRetryInterval)));
    return ASTEROPE_TRY(RemoteVolume::connect(std::move(transport)));
}

/// Whether the other process may answer in a moment: it is just starting, or just closing the store.
bool may_change(const Error& error) {
    return error.code == Errc::not_found || error.code == Errc::unavailable;
}

Status create_if_missing(const std::string& directory) {
    struct stat status {};
    if (::stat((directory + "/FORMAT").c_str(), &status) == 0) return {};
    return LocalVolume::init(directory);
}

}  // namespace

Result<std::unique_ptr<Volume>> open_volume(const std::string& path_or_url, const VolumeOptions& options) {
    if (is_url(path_or_url))
        return fail(Errc::unsupported, "'" + path_or_url +
                                           "' is a URL, and this build has no network client yet: name a store's directory");
    if (options.create) ASTEROPE_TRY_STATUS(create_if_missing(path_or_url));
    const auto deadline = Clock::now() + options.busy_wait;
    for (;;) {
        auto local = LocalVolume::open(path_or_url, {.log = options.log});
        if (local) return std::unique_ptr<Volume>(std::move(*local));
        if (local.error().code != Errc::busy) return Unexpected(std::move(local.error()));
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        auto remote = open_remote(path_or_url, left);
        if (remote || !may_change(remote.error())) return remote;
        if (Clock::now() >= deadline)
            return fail(Errc::unavailable, "'" + path_or_url +
                                               "' is in use by another process, which does not answer: try again when it has ended");
        std::this_thread::sleep_for(kRetryInterval);
    }
}

}  // namespace asterope

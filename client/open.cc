#include "client/open.h"

#include "client/remote_volume.h"
#include "client/socket_transport.h"
#include "engine/storage/local_volume.h"

namespace asterope {
namespace {

Result<std::unique_ptr<Volume>> connect(const std::string& directory) {
    auto transport = ASTEROPE_TRY(connect_socket(socket_path(directory)));
    return std::unique_ptr<Volume>(ASTEROPE_TRY(RemoteVolume::connect(std::move(transport))));
}

}  // namespace

Result<std::unique_ptr<Volume>> open_volume(const std::string& place) {
    if (place.starts_with("https://") || place.starts_with("http://"))
        return fail(Errc::unsupported, "'" + place + "': this version opens stores by their directory only");
    auto local = LocalVolume::open(place, {});
    if (local) return std::unique_ptr<Volume>(std::move(*local));
    if (local.error().code != Errc::busy) return Unexpected(local.error());
    auto remote = connect(place);
    if (!remote)
        return fail(remote.error().code == Errc::permission ? Errc::permission : Errc::unavailable,
                    local.error().message + ", which does not answer: " + remote.error().text());
    return remote;
}

}  // namespace asterope

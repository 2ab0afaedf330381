#include <boost/filesystem.hpp>

#include "client/command/command.h"
#include "client/command/mount_table.h"

namespace asterope::command {

Result<std::unique_ptr<Volume>> open_store(const std::string& path) {
    auto volume = open_volume(path);
    if (volume || volume.error().code != Errc::format) return volume;
    // Not a store: where one is mounted, its process answers.
    boost::system::error_code error;
    const auto directory = boost::filesystem::canonical(path, error);
    const auto store = error ? std::nullopt : store_mounted_at(directory.string());
    return store ? open_volume(*store) : std::move(volume);
}

}  // namespace asterope::command

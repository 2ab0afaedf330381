#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/core/volume.h"

namespace asterope {

struct VolumeOptions {
    bool create = false;  ///< make the store if there is none at the path
    /// How long to wait for a store that another process has open and does not serve (a short-lived command).
    std::chrono::milliseconds busy_wait{5000};
    std::function<void(std::string_view)> log{};  ///< one line about what recovery did; may be empty
};

/// The volume of a store's directory: opened here, or reached through the process that has it open (store/asterope.sock).
/// Errors: not_found · format (no store, or a newer one) · unavailable (in use, and the process does not answer) ·
///         permission · unsupported (a URL: this build has no network client); each with one line that says it
Result<std::unique_ptr<Volume>> open_volume(const std::string& path_or_url, const VolumeOptions& options = {});

/// Where the process that has the store at `directory` open answers.
inline std::string socket_path(const std::string& directory) {
    return directory + "/asterope.sock";
}

}  // namespace asterope

#pragma once

#include <chrono>
#include <cstddef>

/// The bounds of the service.
namespace asterope::daemon::limits {

constexpr std::size_t kHandles = 65536;      ///< open files, staged contents, result streams and views of one session
constexpr std::size_t kConnections = 256;    ///< connections of one socket
constexpr std::chrono::seconds kWaitMax{60};  ///< one request's wait for changes
constexpr std::chrono::milliseconds kWaitSlice{200};  ///< how long such a wait overlooks that it should stop
constexpr std::size_t kHitsWithDocuments = 16;  ///< results fetched at once when their documents come along

}  // namespace asterope::daemon::limits

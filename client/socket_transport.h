#pragma once

#include <memory>
#include <string>

#include "client/transport.h"

namespace asterope {

/// A session over the Unix socket at `path` (store/asterope.sock), by a few connections that open as they are needed.
/// Errors: not_found, unavailable (nobody listens) · permission · unsupported (another version of the protocol) · limit
Result<std::unique_ptr<Transport>> connect_socket(const std::string& path);

}  // namespace asterope

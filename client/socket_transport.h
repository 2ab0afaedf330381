#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "client/transport.h"

namespace asterope {

/// A session over the Unix socket at `path` (store/asterope.sock), by a few connections that open as they are needed.
/// A connection that is not greeted within `answer_wait` is given up; calls wait as long as they take.
/// Errors: not_found, unavailable (nobody listens) · permission · unsupported (another version of the protocol) · limit
Result<std::unique_ptr<Transport>> connect_socket(const std::string& path,
                                                  std::chrono::milliseconds answer_wait = std::chrono::seconds(5));

}  // namespace asterope

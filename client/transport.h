#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace asterope {

/// How long a call may take.
enum class Pace {
    quick,    ///< an ordinary operation
    waiting,  ///< may wait for a change or run a long evaluation: must not hold up quick ones
};

/// Carries requests of the wire protocol to a VolumeService and brings its replies.
/// All calls of one Transport belong to one session: what one opens, another may use.
/// Threads: any.
class Transport {
  public:
    virtual ~Transport() = default;
    /// A `stop` ends a waiting call at both ends.
    /// Errors: interrupted (by `stop`) · unavailable (no answer; whether the request was carried out is unknown) · limit (too large)
    virtual Result<std::string> call(std::string_view request, Pace pace, const std::stop_token& stop) = 0;
};

}  // namespace asterope

#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>

namespace asterope {

/// How long work on a store tells how far it has come, and is told to end.
struct Watch {
    /// `what` is being gone through; `done` of about `total`. Called from the working thread, often; may be empty.
    std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)> progress{};
    std::stop_token stop{};  ///< ends the work with Errc::interrupted

    void tell(std::string_view what, std::uint64_t done, std::uint64_t total) const {
        if (progress) progress(what, done, total);
    }
};

}  // namespace asterope

#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/core/limits.h"

/// The bounds of the protocol between a client and the process that has the store open.
namespace asterope::wire::limits {

constexpr std::size_t kMessageBytes = asterope::limits::kDocumentBytes + (4u << 20);  ///< one request or reply
constexpr std::int64_t kSeconds = 1'000'000'000;  ///< of a duration: fits 64 bits in nanoseconds, too
constexpr std::size_t kItems = 1u << 20;       ///< items of one array
constexpr std::size_t kNesting = 12;           ///< arrays in arrays
constexpr std::size_t kContentBytes = 1u << 20;  ///< content in one read or write
constexpr std::size_t kListEntries = 4096;     ///< directory entries, changes or results in one reply
constexpr std::size_t kReplyBytesSoft = 2u << 20;  ///< results with documents stop filling a reply here

}  // namespace asterope::wire::limits

#pragma once

#include <cstddef>
#include <cstdint>

/// Every bound of the product that is not the kernel's own choice, by name.
namespace asterope::limits {

constexpr std::size_t kNameBytes = 255;         ///< one path component (NAME_MAX)
constexpr std::size_t kPathBytes = 4096;        ///< a key or symlink target (PATH_MAX)
constexpr std::size_t kXattrNameBytes = 255;    ///< XATTR_NAME_MAX, namespace prefix included
constexpr std::size_t kXattrValueBytes = 65536; ///< XATTR_SIZE_MAX
constexpr std::size_t kXattrListBytes = 65536;  ///< XATTR_LIST_MAX
constexpr std::uint64_t kFileBytes = INT64_MAX; ///< the largest offset and size
constexpr std::uint32_t kLinkCount = 65000;     ///< names of one node
constexpr std::size_t kDocumentBytes = 16u << 20;    ///< one encoded document
constexpr std::size_t kNesting = 64;                 ///< depth of JSON/MessagePack input and of query expressions
constexpr std::size_t kExpressionBytes = 65536;      ///< one query expression
constexpr std::size_t kExpressionTerms = 4096;       ///< comparisons in one query
constexpr std::size_t kSymlinkHops = 40;             ///< as the kernel's own

constexpr std::size_t kRecentWrites = 500'000;            ///< keys remembered for the validation of open transactions
constexpr std::size_t kNamedTransactions = 256;           ///< open at the same time, each of which keeps an old state
constexpr std::size_t kTransactionBytes = 64u << 20;      ///< of what a transaction keeps in memory

}  // namespace asterope::limits

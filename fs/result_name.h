#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/ids.h"
#include "engine/core/result.h"

/// How the key of a file is written as one name in a result directory, and read back.
///
///     name  = first { byte }
///     first = any byte, but "(" and "." are percent-encoded
///     byte  = any byte, but "%" "/" "=" "@" are percent-encoded, as "%" and two upper-case hex digits
///     long  = a prefix of that, at a whole escape, "%~", the node's number in lower-case hex     (255 bytes at most)
///
///     study 1/ct=a.dcm     ->  study 1%2Fct%3Da.dcm
///
/// So a name is never an expression, a directive or a control file, and no two files have the same.
namespace asterope::fs {

/// The name of `node` with `key` in a result directory: 1 to 255 bytes.
std::string encode_result_name(std::string_view key, NodeId node);

/// What a result name says.
struct ResultName {
    std::string key;             ///< empty when the name is of the long form
    std::optional<NodeId> node;  ///< of the long form
};
/// Errors: not_found (no result is ever called so)
Result<ResultName> decode_result_name(std::string_view name);

}  // namespace asterope::fs

#pragma once

#include <memory>

#include "fs/control_file.h"
#include "fs/result_scan.h"

namespace asterope::fs {

/// The text of .json, .csv or .paths0, made from a stream of results:
///
///     .json    one line a result: {"key":"study1/ct.dcm","document":{…}}
///     .csv     RFC 4180 with plain newlines: a header "key,FIELD,…" of all fields of all results by name, then a row a result;
///              a missing field is empty. The fields are found in a first pass.
///     .paths0  the path of each result below the mount point, each ended by NUL
///
/// Documents are shown only of files that `caller` may read.
std::unique_ptr<TextSource> make_result_text(Volume& volume, const Options& options, ControlKind kind,
                                             std::shared_ptr<const query::Query> query, const Caller& caller);

}  // namespace asterope::fs

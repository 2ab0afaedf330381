#pragma once

#include <functional>

#include "engine/core/result.h"
#include "fs/caller.h"
#include "fs/types.h"

namespace asterope::fs {

/// Takes the next entry of a listing; false: there is no room for it, it is wanted again next time.
using DirSink = std::function<bool(const DirRecord&)>;

/// A directory that a process has open.
/// Threads: any.
class OpenDir {
  public:
    virtual ~OpenDir() = default;
    /// Gives the entries from `offset` on (0 = start, else DirRecord::next of one given before) until `sink` is full or the end.
    /// With `plus` the entries carry what LOOKUP would answer, where the kernel may keep it.
    /// Errors: interrupted (caller.stop); whatever was given before an error stays valid.
    virtual Status read(const Caller& caller, std::uint64_t offset, bool plus, const DirSink& sink) = 0;
};

}  // namespace asterope::fs

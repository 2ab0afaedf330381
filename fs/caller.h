#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

namespace asterope::fs {

/// Who asks, as the kernel says it with each request.
struct Caller {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t umask = 0;
    bool keeps_suid = false;  ///< what it writes keeps suid and sgid (CAP_FSETID)
    std::int32_t pid = 0;  ///< of the calling thread; 0 when it lives in another pid namespace
    /// The supplementary groups; called only when a check needs them. Empty: none.
    std::function<std::vector<std::uint32_t>()> groups{};
    /// Set when the caller was interrupted (Ctrl-C): long work ends with Errc::interrupted.
    std::stop_token stop{};

    bool is_root() const { return uid == 0; }
    bool in_group(std::uint32_t group) const;
    /// The same caller with the groups read now, for work that outlives the request. Its stop token is not taken along.
    Caller with_known_groups() const;
};

/// The supplementary groups of thread or process `pid`, from /proc; empty when it cannot be read.
std::vector<std::uint32_t> groups_of_process(std::int32_t pid);

}  // namespace asterope::fs

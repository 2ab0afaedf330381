#pragma once

#include <gtest/gtest.h>

#include <string>

namespace asterope::crash {

/// Why this process cannot mount filesystems of its own; empty when it can. Set by main().
inline std::string no_mounts = "main() did not run";

}  // namespace asterope::crash

#define ASTEROPE_NEEDS_MOUNTS() \
    if (!::asterope::crash::no_mounts.empty()) GTEST_SKIP() << "SKIPPED, not passed: " << ::asterope::crash::no_mounts

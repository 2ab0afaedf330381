#pragma once

#include <string_view>

namespace asterope::fs {

/// The text of /query/README: how to ask, on one page.
std::string_view query_readme();

}  // namespace asterope::fs

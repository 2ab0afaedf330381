#pragma once

#include <string>

#include "engine/core/attr.h"

namespace asterope::command {

/// The attributes as members of a JSON object, without braces: "type":"file","mode":"0644",…
std::string attr_json(const Attr& attr);
/// As ls -l shows them: "-rw-r--r--  1 root  root  1234 2024-01-15T10:00:00Z".
std::string attr_line(const Attr& attr);
/// "-rw-r--r--"
std::string mode_text(NodeType type, std::uint32_t mode);

}  // namespace asterope::command

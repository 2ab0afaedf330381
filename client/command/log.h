#pragma once

#include <string>
#include <string_view>

namespace asterope::command {

/// Sends the lines of a background process to `file`, or to syslog when it is empty. Once, before threads start.
void start_log(const std::string& file);
/// Sends them to stderr: for a process in the foreground.
void log_to_stderr();
void log_line(std::string_view line);

}  // namespace asterope::command

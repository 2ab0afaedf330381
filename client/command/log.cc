#include "client/command/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

namespace asterope::command {

void start_log(const std::string& file) {
    spdlog::set_default_logger(file.empty() ? spdlog::syslog_logger_mt("asterope", "asterope", LOG_PID, LOG_DAEMON)
                                            : spdlog::basic_logger_mt("asterope", file));
    spdlog::flush_on(spdlog::level::info);
}

void log_to_stderr() { spdlog::set_default_logger(spdlog::stderr_logger_mt("asterope")); }

void log_line(std::string_view line) { spdlog::info("{}", line); }

}  // namespace asterope::command

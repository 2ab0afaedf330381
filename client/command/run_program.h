#pragma once

#include <string>
#include <vector>

#include "engine/core/result.h"

namespace asterope::command {

/// Runs a program of the system, found by PATH, until it ends; returns its exit status (127: not found).
/// Errors: io (it was killed, or no process could be made)
Result<int> run_program(std::vector<std::string> command);

}  // namespace asterope::command

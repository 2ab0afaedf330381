#pragma once

#include "engine/core/result.h"

namespace asterope::command {

/// The exit status (sysexits.h) of a command that failed with `code`. Total over Errc.
int exit_status(Errc code);

/// Prints "asterope: …" on stderr; returns the exit status.
int report(const Error& error);

}  // namespace asterope::command

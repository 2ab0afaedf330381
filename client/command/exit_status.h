#pragma once

#include <string_view>

#include "engine/core/result.h"

namespace asterope::command {

/// The exit status (sysexits.h) of a command that failed with `code`. Total over Errc.
int exit_status(Errc code);

/// Prints "asterope: …" on stderr; returns the exit status.
int report(const Error& error);
/// The same with what it was about: "asterope: 'scan.dcm': no such key or store".
int report(std::string_view what, const Error& error);

/// The exit status of a command that goes on after an error: that of the first.
class Outcome {
  public:
    /// Reports an error.
    void note(std::string_view what, const Status& status) {
        if (status) return;
        const int code = report(what, status.error());
        if (exit_status_ == 0) exit_status_ = code;
    }
    int exit_status() const { return exit_status_; }

  private:
    int exit_status_ = 0;
};

}  // namespace asterope::command

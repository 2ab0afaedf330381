#include "client/command/exit_status.h"

#include <sysexits.h>

#include <cstdio>

namespace asterope::command {

int exit_status(Errc code) {
    switch (code) {
        case Errc::invalid:
        case Errc::unsupported: return EX_USAGE;
        case Errc::parse:
        case Errc::format:
        case Errc::value_too_large:
        case Errc::name_too_long: return EX_DATAERR;
        case Errc::not_found:
        case Errc::no_attribute:
        case Errc::not_dir:
        case Errc::is_dir:
        case Errc::stale: return EX_NOINPUT;
        case Errc::busy:
        case Errc::interrupted:
        case Errc::limit:
        case Errc::unavailable: return EX_UNAVAILABLE;
        case Errc::exists:
        case Errc::not_empty:
        case Errc::no_space:
        case Errc::file_too_large:
        case Errc::too_many_links:
        case Errc::read_only: return EX_CANTCREAT;
        case Errc::permission:
        case Errc::not_permitted: return EX_NOPERM;
        case Errc::conflict: return EX_TEMPFAIL;
        case Errc::buffer_too_small:
        case Errc::cross_device:
        case Errc::loop:
        case Errc::bad_handle:
        case Errc::corrupt:
        case Errc::io: return EX_IOERR;
    }
    return EX_SOFTWARE;
}

int report(const Error& error) {
    std::fprintf(stderr, "asterope: %s\n", error.text().c_str());
    return exit_status(error.code);
}

int report(std::string_view what, const Error& error) {
    // Most messages name their subject; the texts of bare codes do not.
    if (!error.message.empty()) return report(error);
    return report({error.code, "'" + std::string(what) + "': " + error.text(), error.sys_errno});
}

}  // namespace asterope::command

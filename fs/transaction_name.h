#pragma once

#include <string_view>

#include "engine/core/volume.h"

namespace asterope::fs {

/// What the name of a transaction's directory asks for.
///
///     name   = any byte but "@" { "@" choice }
///     choice = "read_committed" | "snapshot" | "serializable" | "sync"      -- sync: durable when the commit returns
///
///     import@serializable@sync
///
/// Errors: invalid, with the choices that there are
Result<TransactionOptions> options_of_transaction(std::string_view name);

}  // namespace asterope::fs

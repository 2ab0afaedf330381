#pragma once

#include <lmdb.h>

#include <string_view>

#include "engine/core/result.h"
#include "engine/storage/kv/fault_guard.h"

/// What the files of the LMDB wrapper share; only they include it.
namespace asterope::kv {

/// The Error of an LMDB call's result.
Unexpected lmdb_error(int rc, std::string_view what);

inline MDB_val val(std::string_view bytes) {
    return {bytes.size(), const_cast<char*>(bytes.data())};
}
inline std::string_view view_of(const MDB_val& v) {
    return {static_cast<const char*>(v.mv_data), v.mv_size};
}

/// An LMDB call that reads the map: its result, or MDB_CORRUPTED where damaged pages led it astray.
template <class Call>
int guarded_call(Call&& call) {
    int rc = MDB_CORRUPTED;
    return run_guarded([&] { rc = call(); }) ? rc : MDB_CORRUPTED;
}

}  // namespace asterope::kv

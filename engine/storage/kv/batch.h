#pragma once

#include <cstdint>
#include <string_view>

#include "engine/storage/kv/kv.h"

/// The operations of a batch as bytes: what the journal keeps.
///
///     operations = { operation }
///     operation  = TABLE|0x80 KEY_BYTES key                       -- erase
///                | TABLE KEY_BYTES VALUE_BYTES key value          -- put
///     TABLE = u8 (below 0x80), KEY_BYTES = u16, VALUE_BYTES = u32, all little-endian
///
/// Example: put(names, "ab", "xyz"), erase(meta, "k")
///
///     01 02 00 03 00 00 00 61 62 78 79 7a   80 01 00 6b
namespace asterope::kv {

struct Operation {
    Table table{};
    bool erased = false;
    std::string_view key;
    std::string_view value;
};

/// Walks encoded operations.
/// Errors:   next() is false at the end and at the first malformed byte; damaged() tells which.
/// Lifetime: operations point into the encoded bytes.
class OperationReader {
  public:
    explicit OperationReader(std::string_view encoded) : rest_(encoded) {}
    bool next(Operation& operation);
    bool damaged() const { return damaged_; }

  private:
    bool damage() {
        damaged_ = true;
        return false;
    }
    std::string_view rest_;
    bool damaged_ = false;
};

}  // namespace asterope::kv

#pragma once

#include <memory>

#include "engine/storage/kv/kv.h"
#include "engine/storage/kv/lmdb_env.h"
#include "engine/storage/kv/write_buffer.h"

namespace asterope::kv {

/// What a snapshot reads besides its sequence: replaced as a whole when a buffer is frozen or has gone into the tree.
struct State {
    std::shared_ptr<WriteBuffer> active;
    std::shared_ptr<const WriteBuffer> frozen;  ///< older than `active`; may be empty
    std::shared_ptr<const LmdbView> tree;       ///< older than both
};

/// The buffers hide the tree, newer ones older ones; batches after `sequence` are not seen.
class SnapshotView final : public Snapshot {
  public:
    SnapshotView(std::shared_ptr<const State> state, std::uint64_t sequence)
        : state_(std::move(state)), sequence_(sequence) {}

    Sequence sequence() const override { return Sequence{sequence_}; }
    Result<std::optional<std::string_view>> get(Table table, std::string_view key) const override;
    std::unique_ptr<Cursor> cursor(Table table) const override;

  private:
    std::shared_ptr<const State> state_;
    std::uint64_t sequence_;
};

}  // namespace asterope::kv

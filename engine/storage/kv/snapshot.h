#pragma once

#include <memory>

#include "engine/storage/kv/kv.h"
#include "engine/storage/kv/lmdb_env.h"
#include "engine/storage/kv/write_buffer.h"

namespace asterope::kv {

/// What a snapshot reads besides its sequence: replaced as a whole when a buffer is frozen or has gone into the tree.
struct State {
    std::shared_ptr<WriteBuffer> active;  ///< empty in a state that is never written
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
    std::unique_ptr<Cursor> cursor(Table table) const override { return cursor_below(table, nullptr, 0); }
    /// A cursor with `newest`, as of its own `newest_sequence`, over everything of the snapshot; nullptr: nothing over it.
    std::unique_ptr<Cursor> cursor_below(Table table, const SkipList* newest, std::uint64_t newest_sequence) const;

  private:
    std::shared_ptr<const State> state_;
    std::uint64_t sequence_;
};

}  // namespace asterope::kv

#pragma once

#include <array>
#include <string_view>

#include "engine/storage/kv/kv.h"
#include "engine/storage/kv/lmdb_env.h"
#include "engine/storage/kv/version_cursor.h"

namespace asterope::kv {

/// Buffers and tree as one ordered table: for each key its newest version, erased ones left out.
/// All sources stand at their next key in the direction of travel, never two at the same one; `bound_` is the nearest
/// buffered one, so that a step through the tree costs one comparison, and none once the buffers have nothing further.
class MergedCursor final : public Cursor {
  public:
    explicit MergedCursor(LmdbCursor tree) : tree_(std::move(tree)) {}
    /// Call before the first movement, with the newest buffer first.
    void add_newest_first(const SkipList& list, std::uint64_t sequence);

    bool valid() const override { return at_ != At::nothing; }
    std::string_view key() const override { return at_ == At::tree ? tree_.key() : bound_->key(); }
    std::string_view value() const override { return at_ == At::tree ? tree_.value() : bound_->value(); }
    void seek(std::string_view key) override;
    void seek_before(std::string_view key) override;
    void seek_last() override;
    void next() override;
    void prev() override;
    std::size_t read_suffixes(std::string_view end, std::span<Suffix> out) override;
    Status status() const override { return tree_.status(); }

  private:
    enum class At { nothing, tree, buffer };
    enum class Direction { forward, backward };
    static constexpr std::size_t kBuffersMax = 3;  ///< an overlay, the active and the frozen one

    template <Direction>
    void step();
    template <Direction>
    void settle();
    template <Direction>
    void find_bound();

    LmdbCursor tree_;
    std::array<VersionCursor, kBuffersMax> buffers_;
    std::size_t buffer_count_ = 0;
    VersionCursor* bound_ = nullptr;
    At at_ = At::nothing;
    Direction direction_ = Direction::forward;
};

}  // namespace asterope::kv

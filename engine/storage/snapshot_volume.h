#pragma once

#include <memory>
#include <string>

#include "engine/storage/store_volume.h"

namespace asterope::storage {

/// A state that does not change.
class FrozenScope final : public Scope {
  public:
    explicit FrozenScope(std::shared_ptr<const kv::Reader> state) : state_(std::move(state)) {}
    std::shared_ptr<const kv::Reader> now() const override { return state_; }
    Status run(const Operation&) override { return fail(Errc::read_only); }
    Status exclusively(const std::function<Status(const View&)>& action) override { return action(View(*state_)); }
    Result<std::uint64_t> next_id() override { return fail(Errc::read_only); }
    bool may_write_in_place(BlobId) const override { return false; }
    Status forget(NodeId) override { return {}; }
    bool is_read_only() const override { return true; }
    Sequence last_change() const override;
    void wait_for_change(Sequence, std::chrono::milliseconds) override {}
    Status sync() override { return {}; }

  private:
    std::shared_ptr<const kv::Reader> state_;
};

struct FrozenParts {
    explicit FrozenParts(std::shared_ptr<const kv::Reader> state) : scope(std::move(state)), fields(nullptr) {}
    FrozenScope scope;
    FieldCatalog fields;
};

/// The read-only Volume of a snapshot.
class SnapshotVolume final : private FrozenParts, public StoreVolume {
  public:
    /// `directory`: of the copy of the index. `outside`: the volume that it was taken of; it and `blobs` outlive it.
    static Result<std::shared_ptr<SnapshotVolume>> open(const std::string& directory, Volume& outside, BlobFiles& blobs);
    SnapshotVolume(const std::string& directory, std::shared_ptr<const kv::Reader> state, Volume& outside, BlobFiles& blobs)
        : FrozenParts(std::move(state)), StoreVolume({scope, blobs, fields}, OnReplace::posix), directory_(directory),
          outside_(outside) {}

    VolumeInfo info() const override { return {outside_.info().uuid, directory_}; }
    Result<SpaceInfo> space() override;

  private:
    const std::string directory_;
    Volume& outside_;
};

}  // namespace asterope::storage

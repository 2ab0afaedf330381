#pragma once

#include <memory>

#include "engine/storage/store_volume.h"
#include "engine/storage/transaction_scope.h"

namespace asterope::storage {

/// A Transaction on a store that is open in this process.
class LocalTransaction final : public Transaction {
  public:
    /// `outside`: the volume that it is a transaction of; `open_outside`: who has what open there. Both outlive it.
    LocalTransaction(std::shared_ptr<TransactionScope> scope, Volume& outside, OpenNodes& open_outside, BlobFiles& blobs,
                     FieldCatalog& fields, OnReplace on_replace)
        : scope_(std::move(scope)), open_outside_(open_outside), view_({*scope_, blobs, fields}, on_replace, outside) {
        scope_->start([this](NodeId node) { return view_.open_nodes().is_open(node); });
    }
    ~LocalTransaction() override { abort(); }

    Volume& view() override { return view_; }
    Status commit() override;
    void abort() override { scope_->abort(); }

  private:
    class TransactionView final : public StoreVolume {
      public:
        TransactionView(const Rooms& rooms, OnReplace on_replace, Volume& outside)
            : StoreVolume(rooms, on_replace), outside_(outside) {}
        using StoreVolume::open_nodes;
        VolumeInfo info() const override { return outside_.info(); }
        Result<SpaceInfo> space() override { return outside_.space(); }

      private:
        Volume& outside_;
    };

    Status commit_once(bool& again);

    const std::shared_ptr<TransactionScope> scope_;
    OpenNodes& open_outside_;
    TransactionView view_;
};

}  // namespace asterope::storage

#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "client/transport.h"
#include "client/wire/messages.h"
#include "engine/core/volume.h"

namespace asterope {

/// A Volume that another process has open, or what a transaction or a snapshot of it shows.
/// Shape:    content travels in requests of 1 MiB; requests beyond wire::limits fail with limit.
/// Errors:   unavailable in any call: the other process is gone. It stays so: open the volume again.
/// Threads:  any.
class RemoteVolume : public Volume {
  public:
    /// Errors: those of the first call
    static Result<std::unique_ptr<RemoteVolume>> connect(std::unique_ptr<Transport> transport);
    ~RemoteVolume() override;

    /// A call of the process besides Volume, with JSON text in and out. Errors: unsupported
    Result<std::string> admin(std::string_view name, std::string_view arguments = "{}");

    VolumeInfo info() const override;
    Result<SpaceInfo> space() override;

    Result<Attr> lookup(NodeId dir, std::string_view name) override;
    Result<Attr> getattr(NodeId node) override;
    Result<Attr> setattr(NodeId node, const AttrChange& change) override;
    Result<Attr> create(NodeId dir, std::string_view name, const NewNode& what) override;
    Status unlink(NodeId dir, std::string_view name) override;
    Status rmdir(NodeId dir, std::string_view name) override;
    Status rename(const Link& from, const Link& to, RenameMode mode) override;
    Result<Attr> link(NodeId node, NodeId dir, std::string_view name) override;
    Result<std::string> readlink(NodeId node) override;
    Result<std::vector<DirEntry>> list(NodeId dir, std::uint64_t cookie, std::size_t count_max) override;
    Result<Link> first_link(NodeId node) override;

    Result<std::unique_ptr<File>> open(NodeId node, const OpenOptions& options) override;
    Result<std::unique_ptr<StagedContent>> stage() override;
    /// `request.content` must come from this volume's stage().
    Result<Attr> put(NodeId dir, std::string_view name, PutRequest request) override;
    Result<std::optional<std::string>> checksum(NodeId node) override;

    Result<Document> document(NodeId node) override;
    Status change_document(NodeId node, const std::vector<FieldChange>& changes, SetMode mode,
                           std::optional<std::uint64_t> if_version) override;
    Result<std::string> attribute(NodeId node, std::string_view name) override;
    Result<std::vector<std::string>> list_attributes(NodeId node) override;
    Status set_attribute(NodeId node, std::string_view name, std::string_view bytes, SetMode mode) override;
    Status remove_attribute(NodeId node, std::string_view name) override;

    Result<std::unique_ptr<ResultStream>> query(const query::Query& query, const QueryOptions& options) override;
    Result<std::uint64_t> count(const query::Query& query, const QueryOptions& options) override;
    Result<std::string> explain(const query::Query& query, const QueryOptions& options) override;
    Result<bool> matches(const query::Query& query, NodeId node) override;

    Result<std::unique_ptr<Transaction>> begin(const TransactionOptions& options) override;
    // Transactions that have names and belong to the other process (engine/core/transaction_table.h), with its errors.
    Status begin_named(std::string_view name, const TransactionOptions& options);
    /// What the transaction shows. It goes on when that is destroyed.
    Result<std::unique_ptr<Volume>> open_named(std::string_view name);
    Status commit_named(std::string_view name);
    Status abort_named(std::string_view name);
    Result<std::vector<std::string>> named_transactions();

    Result<SnapshotInfo> make_snapshot(std::string_view name) override;
    Status drop_snapshot(std::string_view name) override;
    Result<std::vector<SnapshotInfo>> snapshots() override;
    Result<std::shared_ptr<Volume>> open_snapshot(std::string_view name) override;

    Result<std::vector<Change>> changes(Sequence since, std::size_t count_max,
                                        std::chrono::milliseconds wait) override;
    /// The latest that is known, when the process does not answer.
    Sequence sequence() override;
    Status sync() override;

  private:
    class RemoteTransaction;

    RemoteVolume(std::shared_ptr<Transport> transport, wire::HandleId view)
        : transport_(std::move(transport)), view_(view) {}
    /// Closes the view when it is destroyed.
    static Result<std::unique_ptr<RemoteVolume>> of_view(std::shared_ptr<Transport> transport, wire::HandleId view);
    template <class Operation>
    Result<typename Operation::Reply> call(Operation operation, Pace pace = Pace::quick,
                                           const std::stop_token& stop = {});
    template <class Operation>
    Status perform(Operation operation, Pace pace = Pace::quick);

    const std::shared_ptr<Transport> transport_;  ///< shared with the views
    const wire::HandleId view_;
    VolumeInfo info_;
    std::atomic<std::uint64_t> last_sequence_ = 0;
};

}  // namespace asterope

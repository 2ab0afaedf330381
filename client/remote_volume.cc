#include "client/remote_volume.h"

#include <algorithm>

#include "client/remote_call.h"
#include "client/remote_contents.h"
#include "query/printer.h"

namespace asterope {

RemoteVolume::~RemoteVolume() {
    if (view_ != wire::kVolumeItself) remote_close(*transport_, view_);
}

Result<std::unique_ptr<RemoteVolume>> RemoteVolume::connect(std::unique_ptr<Transport> transport) {
    return of_view(std::move(transport), wire::kVolumeItself);
}

Result<std::unique_ptr<RemoteVolume>> RemoteVolume::of_view(std::shared_ptr<Transport> transport, wire::HandleId view) {
    std::unique_ptr<RemoteVolume> volume(new RemoteVolume(std::move(transport), view));
    volume->info_ = ASTEROPE_TRY(volume->call(wire::Info{}));
    return volume;
}

template <class Operation>
Result<typename Operation::Reply> RemoteVolume::call(Operation operation, Pace pace, const std::stop_token& stop) {
    return remote_call(*transport_, std::move(operation), pace, stop, view_);
}
template <class Operation>
Status RemoteVolume::perform(Operation operation, Pace pace) {
    ASTEROPE_TRY(call(std::move(operation), pace));
    return {};
}

Result<std::string> RemoteVolume::admin(std::string_view name, std::string_view arguments) {
    return call(wire::Admin{name, arguments}, Pace::waiting);
}

VolumeInfo RemoteVolume::info() const {
    return info_;
}
Result<SpaceInfo> RemoteVolume::space() {
    return call(wire::Space{});
}

Result<Attr> RemoteVolume::lookup(NodeId dir, std::string_view name) {
    return call(wire::Lookup{dir, name});
}
Result<Attr> RemoteVolume::getattr(NodeId node) {
    return call(wire::GetAttr{node});
}
Result<Attr> RemoteVolume::setattr(NodeId node, const AttrChange& change) {
    return call(wire::SetAttr{node, change});
}
Result<Attr> RemoteVolume::create(NodeId dir, std::string_view name, const NewNode& what) {
    return call(wire::Create{dir, name, what});
}
Status RemoteVolume::unlink(NodeId dir, std::string_view name) {
    return perform(wire::Unlink{dir, name});
}
Status RemoteVolume::rmdir(NodeId dir, std::string_view name) {
    return perform(wire::RemoveDir{dir, name});
}
Status RemoteVolume::rename(const Link& from, const Link& to, RenameMode mode) {
    return perform(wire::Rename{from, to, mode});
}
Result<Attr> RemoteVolume::link(NodeId node, NodeId dir, std::string_view name) {
    return call(wire::MakeLink{node, dir, name});
}
Result<std::string> RemoteVolume::readlink(NodeId node) {
    return call(wire::ReadLink{node});
}
Result<std::vector<DirEntry>> RemoteVolume::list(NodeId dir, std::uint64_t cookie, std::size_t count_max) {
    return call(wire::List{dir, cookie, count_max});
}
Result<Link> RemoteVolume::first_link(NodeId node) {
    return call(wire::FirstLink{node});
}

Result<std::unique_ptr<File>> RemoteVolume::open(NodeId node, const OpenOptions& options) {
    const auto handle = ASTEROPE_TRY(call(wire::OpenFile{node, options}));
    return std::make_unique<RemoteFile>(*transport_, handle);
}
Result<std::unique_ptr<StagedContent>> RemoteVolume::stage() {
    const auto handle = ASTEROPE_TRY(call(wire::Stage{}));
    return std::make_unique<RemoteStaged>(*transport_, handle);
}
Result<Attr> RemoteVolume::put(NodeId dir, std::string_view name, PutRequest request) {
    wire::Put put{.dir = dir, .name = name, .mode = request.mode, .uid = request.uid, .gid = request.gid,
                  .document = std::move(request.document), .create_only = request.create_only,
                  .if_version = request.if_version, .durability = request.durability};
    if (request.content != nullptr) {
        auto* const staged = dynamic_cast<RemoteStaged*>(request.content.get());
        ASTEROPE_CHECK(staged != nullptr);
        put.content = staged->take();
    }
    return call(std::move(put));
}
Result<std::optional<std::string>> RemoteVolume::checksum(NodeId node) {
    return call(wire::GetChecksum{node});
}

Result<Document> RemoteVolume::document(NodeId node) {
    return call(wire::GetDocument{node});
}
Status RemoteVolume::change_document(NodeId node, const std::vector<FieldChange>& changes, SetMode mode,
                                     std::optional<std::uint64_t> if_version) {
    return perform(wire::ChangeDocument{node, changes, mode, if_version});
}
Result<std::string> RemoteVolume::attribute(NodeId node, std::string_view name) {
    return call(wire::GetAttribute{node, name});
}
Result<std::vector<std::string>> RemoteVolume::list_attributes(NodeId node) {
    return call(wire::ListAttributes{node});
}
Status RemoteVolume::set_attribute(NodeId node, std::string_view name, std::string_view bytes, SetMode mode) {
    return perform(wire::SetAttribute{node, name, bytes, mode});
}
Status RemoteVolume::remove_attribute(NodeId node, std::string_view name) {
    return perform(wire::RemoveAttribute{node, name});
}

Result<std::unique_ptr<ResultStream>> RemoteVolume::query(const query::Query& query, const QueryOptions& options) {
    const std::string expression = query::to_string(query);
    const auto handle = ASTEROPE_TRY(call(
        wire::OpenQuery{expression, options.with_documents}, Pace::waiting, options.stop));
    return std::make_unique<RemoteStream>(*transport_, handle, options.stop);
}
Result<std::uint64_t> RemoteVolume::count(const query::Query& query, const QueryOptions& options) {
    const std::string expression = query::to_string(query);
    return call(wire::CountQuery{expression}, Pace::waiting, options.stop);
}
Result<std::string> RemoteVolume::explain(const query::Query& query, const QueryOptions& options) {
    const std::string expression = query::to_string(query);
    return call(wire::ExplainQuery{expression}, Pace::waiting, options.stop);
}
Result<bool> RemoteVolume::matches(const query::Query& query, NodeId node) {
    const std::string expression = query::to_string(query);
    return call(wire::MatchesQuery{expression, node});
}

/// A transaction of this session. The other end aborts it when its view is closed.
class RemoteVolume::RemoteTransaction final : public Transaction {
  public:
    explicit RemoteTransaction(std::unique_ptr<RemoteVolume> view) : view_(std::move(view)) {}

    Volume& view() override { return *view_; }
    Status commit() override { return view_->perform(wire::Commit{}, Pace::waiting); }
    /// It is as good as aborted when the other end is gone.
    void abort() override { [[maybe_unused]] const Status aborted = view_->perform(wire::Abort{}); }

  private:
    const std::unique_ptr<RemoteVolume> view_;
};

Result<std::unique_ptr<Transaction>> RemoteVolume::begin(const TransactionOptions& options) {
    const auto view = ASTEROPE_TRY(call(wire::Begin{options}));
    return std::make_unique<RemoteTransaction>(ASTEROPE_TRY(of_view(transport_, view)));
}

Status RemoteVolume::begin_named(std::string_view name, const TransactionOptions& options) {
    return perform(wire::BeginNamed{name, options});
}
Result<std::unique_ptr<Volume>> RemoteVolume::open_named(std::string_view name) {
    return ASTEROPE_TRY(of_view(transport_, ASTEROPE_TRY(call(wire::OpenNamed{name}))));
}
Status RemoteVolume::commit_named(std::string_view name) {
    return perform(wire::CommitNamed{name}, Pace::waiting);
}
Status RemoteVolume::abort_named(std::string_view name) {
    return perform(wire::AbortNamed{name});
}
Result<std::vector<std::string>> RemoteVolume::named_transactions() {
    return call(wire::ListNamed{});
}

Result<SnapshotInfo> RemoteVolume::make_snapshot(std::string_view name) {
    return call(wire::MakeSnapshot{name}, Pace::waiting);
}
Status RemoteVolume::drop_snapshot(std::string_view name) {
    return perform(wire::DropSnapshot{name}, Pace::waiting);
}
Result<std::vector<SnapshotInfo>> RemoteVolume::snapshots() {
    return call(wire::ListSnapshots{});
}
Result<std::shared_ptr<Volume>> RemoteVolume::open_snapshot(std::string_view name) {
    return ASTEROPE_TRY(of_view(transport_, ASTEROPE_TRY(call(wire::OpenSnapshot{name}, Pace::waiting))));
}

Result<std::vector<Change>> RemoteVolume::changes(Sequence since, std::size_t count_max,
                                                  std::chrono::milliseconds wait) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    for (auto left = wait;;) {
        // The other end cuts long waits short.
        const auto wait_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(left.count(), 0));
        auto changes = call(wire::GetChanges{since, count_max, wait_ms},
                                   wait_ms > 0 ? Pace::waiting : Pace::quick);
        left = wait - std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
        if (!changes || !changes->empty() || left.count() <= 0) return changes;
    }
}
Sequence RemoteVolume::sequence() {
    if (const auto latest = call(wire::GetSequence{})) last_sequence_ = raw(*latest);
    return Sequence{last_sequence_.load()};
}
Status RemoteVolume::sync() {
    return perform(wire::Sync{}, Pace::waiting);
}

}  // namespace asterope

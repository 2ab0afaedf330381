#include "client/remote_volume.h"

#include <algorithm>

#include "client/remote_call.h"
#include "client/remote_contents.h"
#include "query/printer.h"

namespace asterope {

RemoteVolume::RemoteVolume(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}
RemoteVolume::~RemoteVolume() = default;

Result<std::unique_ptr<RemoteVolume>> RemoteVolume::connect(std::unique_ptr<Transport> transport) {
    std::unique_ptr<RemoteVolume> volume(new RemoteVolume(std::move(transport)));
    volume->info_ = ASTEROPE_TRY(remote_call(*volume->transport_, wire::Info{}));
    return volume;
}

Result<std::string> RemoteVolume::admin(std::string_view name, std::string_view arguments) {
    return remote_call(*transport_, wire::Admin{name, arguments}, Pace::waiting);
}

VolumeInfo RemoteVolume::info() const {
    return info_;
}
Result<SpaceInfo> RemoteVolume::space() {
    return remote_call(*transport_, wire::Space{});
}

Result<Attr> RemoteVolume::lookup(NodeId dir, std::string_view name) {
    return remote_call(*transport_, wire::Lookup{dir, name});
}
Result<Attr> RemoteVolume::getattr(NodeId node) {
    return remote_call(*transport_, wire::GetAttr{node});
}
Result<Attr> RemoteVolume::setattr(NodeId node, const AttrChange& change) {
    return remote_call(*transport_, wire::SetAttr{node, change});
}
Result<Attr> RemoteVolume::create(NodeId dir, std::string_view name, const NewNode& what) {
    return remote_call(*transport_, wire::Create{dir, name, what});
}
Status RemoteVolume::unlink(NodeId dir, std::string_view name) {
    return remote_do(*transport_, wire::Unlink{dir, name});
}
Status RemoteVolume::rmdir(NodeId dir, std::string_view name) {
    return remote_do(*transport_, wire::RemoveDir{dir, name});
}
Status RemoteVolume::rename(const Link& from, const Link& to, RenameMode mode) {
    return remote_do(*transport_, wire::Rename{from, to, mode});
}
Result<Attr> RemoteVolume::link(NodeId node, NodeId dir, std::string_view name) {
    return remote_call(*transport_, wire::MakeLink{node, dir, name});
}
Result<std::string> RemoteVolume::readlink(NodeId node) {
    return remote_call(*transport_, wire::ReadLink{node});
}
Result<std::vector<DirEntry>> RemoteVolume::list(NodeId dir, std::uint64_t cookie, std::size_t count_max) {
    return remote_call(*transport_, wire::List{dir, cookie, count_max});
}
Result<Link> RemoteVolume::first_link(NodeId node) {
    return remote_call(*transport_, wire::FirstLink{node});
}

Result<std::unique_ptr<File>> RemoteVolume::open(NodeId node, const OpenOptions& options) {
    const auto handle = ASTEROPE_TRY(remote_call(*transport_, wire::OpenFile{node, options}));
    return std::make_unique<RemoteFile>(*transport_, handle);
}
Result<std::unique_ptr<StagedContent>> RemoteVolume::stage() {
    const auto handle = ASTEROPE_TRY(remote_call(*transport_, wire::Stage{}));
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
    return remote_call(*transport_, std::move(put));
}
Result<std::optional<std::string>> RemoteVolume::checksum(NodeId node) {
    return remote_call(*transport_, wire::GetChecksum{node});
}

Result<Document> RemoteVolume::document(NodeId node) {
    return remote_call(*transport_, wire::GetDocument{node});
}
Status RemoteVolume::change_document(NodeId node, const std::vector<FieldChange>& changes, SetMode mode,
                                     std::optional<std::uint64_t> if_version) {
    return remote_do(*transport_, wire::ChangeDocument{node, changes, mode, if_version});
}
Result<std::string> RemoteVolume::attribute(NodeId node, std::string_view name) {
    return remote_call(*transport_, wire::GetAttribute{node, name});
}
Result<std::vector<std::string>> RemoteVolume::list_attributes(NodeId node) {
    return remote_call(*transport_, wire::ListAttributes{node});
}
Status RemoteVolume::set_attribute(NodeId node, std::string_view name, std::string_view bytes, SetMode mode) {
    return remote_do(*transport_, wire::SetAttribute{node, name, bytes, mode});
}
Status RemoteVolume::remove_attribute(NodeId node, std::string_view name) {
    return remote_do(*transport_, wire::RemoveAttribute{node, name});
}

Result<std::unique_ptr<ResultStream>> RemoteVolume::query(const query::Query& query, const QueryOptions& options) {
    const std::string expression = query::to_string(query);
    const auto handle = ASTEROPE_TRY(remote_call(
        *transport_, wire::OpenQuery{expression, options.with_documents}, Pace::waiting, options.stop));
    return std::make_unique<RemoteStream>(*transport_, handle, options.stop);
}
Result<std::uint64_t> RemoteVolume::count(const query::Query& query, const QueryOptions& options) {
    const std::string expression = query::to_string(query);
    return remote_call(*transport_, wire::CountQuery{expression}, Pace::waiting, options.stop);
}
Result<std::string> RemoteVolume::explain(const query::Query& query, const QueryOptions& options) {
    const std::string expression = query::to_string(query);
    return remote_call(*transport_, wire::ExplainQuery{expression}, Pace::waiting, options.stop);
}
Result<bool> RemoteVolume::matches(const query::Query& query, NodeId node) {
    const std::string expression = query::to_string(query);
    return remote_call(*transport_, wire::MatchesQuery{expression, node});
}

Result<std::vector<Change>> RemoteVolume::changes(Sequence since, std::size_t count_max,
                                                  std::chrono::milliseconds wait) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    for (auto left = wait;;) {
        // The other end cuts long waits short.
        const auto wait_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(left.count(), 0));
        auto changes = remote_call(*transport_, wire::GetChanges{since, count_max, wait_ms},
                                   wait_ms > 0 ? Pace::waiting : Pace::quick);
        left = wait - std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
        if (!changes || !changes->empty() || left.count() <= 0) return changes;
    }
}
Sequence RemoteVolume::sequence() {
    if (const auto latest = remote_call(*transport_, wire::GetSequence{})) last_sequence_ = raw(*latest);
    return Sequence{last_sequence_.load()};
}
Status RemoteVolume::sync() {
    return remote_do(*transport_, wire::Sync{}, Pace::waiting);
}

}  // namespace asterope

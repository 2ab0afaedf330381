#include "daemon/operations.h"

#include <algorithm>

#include "client/wire/limits.h"

namespace asterope::daemon {
namespace {

/// A file, and the volume that must outlive it.
struct HeldFile {
    std::shared_ptr<Volume> volume;
    std::unique_ptr<File> file;
};

std::size_t at_most(std::uint64_t wanted, std::size_t bound) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(wanted, bound));
}

}  // namespace

Result<VolumeInfo> Operations::operator()(const wire::Info&) const {
    return volume.info();
}
Result<SpaceInfo> Operations::operator()(const wire::Space&) const {
    return volume.space();
}

Result<Attr> Operations::operator()(const wire::Lookup& r) const {
    return volume.lookup(r.dir, r.name);
}
Result<Attr> Operations::operator()(const wire::GetAttr& r) const {
    return volume.getattr(r.node);
}
Result<Attr> Operations::operator()(const wire::SetAttr& r) const {
    return volume.setattr(r.node, r.change);
}
Result<Attr> Operations::operator()(const wire::Create& r) const {
    return volume.create(r.dir, r.name, r.what);
}
Status Operations::operator()(const wire::Unlink& r) const {
    return volume.unlink(r.dir, r.name);
}
Status Operations::operator()(const wire::RemoveDir& r) const {
    return volume.rmdir(r.dir, r.name);
}
Status Operations::operator()(const wire::Rename& r) const {
    return volume.rename(r.from, r.to, r.mode);
}
Result<Attr> Operations::operator()(const wire::MakeLink& r) const {
    return volume.link(r.node, r.dir, r.name);
}
Result<std::string> Operations::operator()(const wire::ReadLink& r) const {
    return volume.readlink(r.node);
}
Result<std::vector<DirEntry>> Operations::operator()(const wire::List& r) const {
    return volume.list(r.dir, r.cookie, at_most(r.count_max, wire::limits::kListEntries));
}
Result<Link> Operations::operator()(const wire::FirstLink& r) const {
    return volume.first_link(r.node);
}

Result<wire::HandleId> Operations::operator()(const wire::OpenFile& r) const {
    auto file = ASTEROPE_TRY(volume.open(r.node, r.options));
    const auto held = std::make_shared<HeldFile>(view.volume, std::move(file));
    return session.add(std::shared_ptr<File>(held, held->file.get()));
}
Result<wire::Content> Operations::operator()(const wire::ReadFile& r) const {
    const auto file = ASTEROPE_TRY(session.file(r.file));
    wire::Content content{std::string(at_most(r.count, wire::limits::kContentBytes), '\0')};
    content.bytes.resize(
        ASTEROPE_TRY(file->read(r.offset, std::as_writable_bytes(std::span(content.bytes)))));
    return content;
}
Status Operations::operator()(const wire::WriteFile& r) const {
    return ASTEROPE_TRY(session.file(r.file))->write(r.offset, r.bytes);
}
Status Operations::operator()(const wire::TruncateFile& r) const {
    return ASTEROPE_TRY(session.file(r.file))->truncate(r.size);
}
Status Operations::operator()(const wire::AllocateFile& r) const {
    return ASTEROPE_TRY(session.file(r.file))->allocate(r.mode, r.offset, r.length);
}
Result<std::uint64_t> Operations::operator()(const wire::SeekFile& r) const {
    return ASTEROPE_TRY(session.file(r.file))->seek(r.offset, r.whence);
}
Status Operations::operator()(const wire::CommitFile& r) const {
    return ASTEROPE_TRY(session.file(r.file))->commit(r.durability);
}
Result<Attr> Operations::operator()(const wire::GetFileAttr& r) const {
    return ASTEROPE_TRY(session.file(r.file))->getattr();
}
Status Operations::operator()(const wire::Close& r) const {
    return session.close(r.handle);
}

Result<wire::HandleId> Operations::operator()(const wire::Stage&) const {
    auto staged = std::make_shared<Session::Staged>(view.volume);
    staged->content = ASTEROPE_TRY(volume.stage());
    return session.add(std::move(staged));
}
Status Operations::operator()(const wire::Append& r) const {
    const auto staged = ASTEROPE_TRY(session.staged(r.content));
    const std::lock_guard lock(staged->mutex);
    if (staged->content == nullptr) return fail(Errc::bad_handle);
    return staged->content->append(r.bytes);
}
Result<Attr> Operations::operator()(wire::Put& r) const {
    PutRequest request{.mode = r.mode, .uid = r.uid, .gid = r.gid, .document = std::move(r.document),
                       .create_only = r.create_only, .if_version = r.if_version, .durability = r.durability};
    if (r.content) {
        const auto staged = ASTEROPE_TRY(session.staged(*r.content));
        const std::lock_guard lock(staged->mutex);
        if (staged->content == nullptr || staged->volume != view.volume) return fail(Errc::bad_handle);
        request.content = std::move(staged->content);
        ASTEROPE_TRY_STATUS(session.close(*r.content));
    }
    return volume.put(r.dir, r.name, std::move(request));
}
Result<std::optional<std::string>> Operations::operator()(const wire::GetChecksum& r) const {
    return volume.checksum(r.node);
}

Result<Document> Operations::operator()(const wire::GetDocument& r) const {
    return volume.document(r.node);
}
Status Operations::operator()(const wire::ChangeDocument& r) const {
    return volume.change_document(r.node, r.changes, r.mode, r.if_version);
}
Result<std::string> Operations::operator()(const wire::GetAttribute& r) const {
    return volume.attribute(r.node, r.name);
}
Result<std::vector<std::string>> Operations::operator()(const wire::ListAttributes& r) const {
    return volume.list_attributes(r.node);
}
Status Operations::operator()(const wire::SetAttribute& r) const {
    return volume.set_attribute(r.node, r.name, r.bytes, r.mode);
}
Status Operations::operator()(const wire::RemoveAttribute& r) const {
    return volume.remove_attribute(r.node, r.name);
}

Result<std::vector<Change>> Operations::operator()(const wire::GetChanges& r) const {
    using Clock = std::chrono::steady_clock;
    const auto wait = std::min<std::chrono::milliseconds>(
        std::chrono::milliseconds(at_most(r.wait_ms, 1u << 30)), limits::kWaitMax);
    const auto end = Clock::now() + wait;
    for (;;) {
        // In slices, so that neither the end of the client nor that of the service waits for the next change.
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        const auto slice = std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(0), limits::kWaitSlice);
        auto changes = volume.changes(r.since, at_most(r.count_max, wire::limits::kListEntries), slice);
        if (!changes || !changes->empty() || left <= slice) return changes;
        if (stop.stop_requested()) return fail(Errc::interrupted);
    }
}
Result<Sequence> Operations::operator()(const wire::GetSequence&) const {
    return volume.sequence();
}
Status Operations::operator()(const wire::Sync&) const {
    return volume.sync();
}
Result<std::string> Operations::operator()(const wire::Admin& r) const {
    const auto call = admin.find(r.name);
    if (call == admin.end())
        return fail(Errc::unsupported, "the process that has the store open does not offer '" + std::string(r.name) + "'");
    return call->second(r.arguments, stop);
}

}  // namespace asterope::daemon

#pragma once

#include <stop_token>

#include "client/wire/messages.h"
#include "daemon/session.h"
#include "daemon/volume_service.h"

namespace asterope::daemon {

/// One function for each request of the wire protocol: the same name, the reply's type. Those on handles ignore the view.
struct Operations {
    Volume& volume;  ///< of the view
    const Session::View& view;  ///< that the request names
    TransactionTable& named;
    const AdminCalls& admin;
    Session& session;
    const std::stop_token& stop;

    Result<VolumeInfo> operator()(const wire::Info&) const;
    Result<SpaceInfo> operator()(const wire::Space&) const;

    Result<Attr> operator()(const wire::Lookup&) const;
    Result<Attr> operator()(const wire::GetAttr&) const;
    Result<Attr> operator()(const wire::SetAttr&) const;
    Result<Attr> operator()(const wire::Create&) const;
    Status operator()(const wire::Unlink&) const;
    Status operator()(const wire::RemoveDir&) const;
    Status operator()(const wire::Rename&) const;
    Result<Attr> operator()(const wire::MakeLink&) const;
    Result<std::string> operator()(const wire::ReadLink&) const;
    Result<std::vector<DirEntry>> operator()(const wire::List&) const;
    Result<Link> operator()(const wire::FirstLink&) const;

    Result<wire::HandleId> operator()(const wire::OpenFile&) const;
    Result<wire::Content> operator()(const wire::ReadFile&) const;
    Status operator()(const wire::WriteFile&) const;
    Status operator()(const wire::TruncateFile&) const;
    Status operator()(const wire::AllocateFile&) const;
    Result<std::uint64_t> operator()(const wire::SeekFile&) const;
    Status operator()(const wire::CommitFile&) const;
    Result<Attr> operator()(const wire::GetFileAttr&) const;
    Status operator()(const wire::Close&) const;
    Result<wire::HandleId> operator()(const wire::Stage&) const;
    Status operator()(const wire::Append&) const;
    Result<Attr> operator()(wire::Put&) const;
    Result<std::optional<std::string>> operator()(const wire::GetChecksum&) const;

    Result<Document> operator()(const wire::GetDocument&) const;
    Status operator()(const wire::ChangeDocument&) const;
    Result<std::string> operator()(const wire::GetAttribute&) const;
    Result<std::vector<std::string>> operator()(const wire::ListAttributes&) const;
    Status operator()(const wire::SetAttribute&) const;
    Status operator()(const wire::RemoveAttribute&) const;

    Result<wire::HandleId> operator()(const wire::OpenQuery&) const;
    Result<std::vector<Hit>> operator()(const wire::NextHits&) const;
    Result<std::uint64_t> operator()(const wire::CountQuery&) const;
    Result<std::string> operator()(const wire::ExplainQuery&) const;
    Result<bool> operator()(const wire::MatchesQuery&) const;

    Result<wire::HandleId> operator()(const wire::Begin&) const;
    Status operator()(const wire::Commit&) const;
    Status operator()(const wire::Abort&) const;
    Status operator()(const wire::BeginNamed&) const;
    Result<wire::HandleId> operator()(const wire::OpenNamed&) const;
    Status operator()(const wire::CommitNamed&) const;
    Status operator()(const wire::AbortNamed&) const;
    Result<std::vector<std::string>> operator()(const wire::ListNamed&) const;

    Result<SnapshotInfo> operator()(const wire::MakeSnapshot&) const;
    Status operator()(const wire::DropSnapshot&) const;
    Result<std::vector<SnapshotInfo>> operator()(const wire::ListSnapshots&) const;
    Result<wire::HandleId> operator()(const wire::OpenSnapshot&) const;

    Result<std::vector<Change>> operator()(const wire::GetChanges&) const;
    Result<Sequence> operator()(const wire::GetSequence&) const;
    Status operator()(const wire::Sync&) const;
    Result<std::string> operator()(const wire::Admin&) const;
};

}  // namespace asterope::daemon

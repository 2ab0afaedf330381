#include "daemon/operations.h"

namespace asterope::daemon {
namespace {

/// What a transaction shows; the transaction stays as long as that is used.
std::shared_ptr<Volume> view_of(std::shared_ptr<Transaction> transaction) {
    Volume& view = transaction->view();
    return {std::move(transaction), &view};
}

Result<Transaction*> own_transaction(const Session::View& view) {
    if (view.transaction == nullptr) return fail(Errc::bad_handle, "not the view of a transaction of this session");
    return view.transaction.get();
}

}  // namespace

Result<wire::HandleId> Operations::operator()(const wire::Begin& r) const {
    const std::shared_ptr<Transaction> transaction = ASTEROPE_TRY(volume.begin(r.options));
    return session.add(std::make_shared<Session::View>(view_of(transaction), transaction));
}
Status Operations::operator()(const wire::Commit&) const {
    return ASTEROPE_TRY(own_transaction(view))->commit();
}
Status Operations::operator()(const wire::Abort&) const {
    ASTEROPE_TRY(own_transaction(view))->abort();
    return {};
}

Status Operations::operator()(const wire::BeginNamed& r) const {
    return named.begin(r.name, r.options);
}
Result<wire::HandleId> Operations::operator()(const wire::OpenNamed& r) const {
    return session.add(std::make_shared<Session::View>(view_of(ASTEROPE_TRY(named.find(r.name)))));
}
Status Operations::operator()(const wire::CommitNamed& r) const {
    return named.commit(r.name);
}
Status Operations::operator()(const wire::AbortNamed& r) const {
    return named.abort(r.name);
}
Result<std::vector<std::string>> Operations::operator()(const wire::ListNamed&) const {
    return named.names();
}

Result<SnapshotInfo> Operations::operator()(const wire::MakeSnapshot& r) const {
    return volume.make_snapshot(r.name);
}
Status Operations::operator()(const wire::DropSnapshot& r) const {
    return volume.drop_snapshot(r.name);
}
Result<std::vector<SnapshotInfo>> Operations::operator()(const wire::ListSnapshots&) const {
    return volume.snapshots();
}
Result<wire::HandleId> Operations::operator()(const wire::OpenSnapshot& r) const {
    return session.add(std::make_shared<Session::View>(ASTEROPE_TRY(volume.open_snapshot(r.name))));
}

}  // namespace asterope::daemon

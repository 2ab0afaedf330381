#include "engine/storage/checksum_keeper.h"

#include <linux/ioprio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace asterope::storage {

using kv::Table;

namespace {

constexpr const char* kPosition = "checksums_to";
constexpr std::chrono::milliseconds kInterval{300};
constexpr std::size_t kWaitingMax = 100'000;
constexpr std::size_t kEventsAtOnce = 1000, kNodesAtOnce = 10'000, kCommitAtOnce = 64;
constexpr std::int64_t kQuietSeconds = 1, kQuietBytesPerSecond = 256 << 20;
constexpr std::int64_t kDirtySeconds = 5;  ///< until a file that is being written is looked at again

Timestamp later(Timestamp from, std::int64_t seconds) { return {from.seconds + seconds, from.nanoseconds}; }

/// When a file has been left alone for long enough.
Timestamp quiet_at(const Attr& attr) {
    return later(attr.ctime, kQuietSeconds + static_cast<std::int64_t>(attr.size / kQuietBytesPerSecond));
}

}  // namespace

void make_io_idle() {
    // Without it the work only competes with others; there is nothing to report.
    (void)::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

Status record_checksums(Edit& edit, const std::vector<ComputedChecksum>& computed, const std::function<bool(NodeId)>& is_dirty) {
    for (const ComputedChecksum& one : computed) {
        const auto record = edit.view().node(one.node);
        if (!record || record->blob != one.blob || record->content_version != one.record.content_version) continue;
        if (!is_dirty(one.node)) edit.batch().put(Table::checksums, node_key(one.node), encode(one.record));
    }
    return {};
}

ChecksumKeeper::ChecksumKeeper(BackgroundRooms rooms) : rooms_(std::move(rooms)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void ChecksumKeeper::run(const std::stop_token& stop) {
    make_io_idle();
    const auto position = View(*rooms_.writer.now()).number(kPosition);
    seen_ = saved_ = Sequence{position.value_or(0)};
    std::mutex mutex;
    std::condition_variable_any alarm;
    std::unique_lock lock(mutex);
    std::string said;
    do {
        const Status done = round(stop);
        const std::string error = done || done.error().code == Errc::interrupted ? "" : done.error().text();
        if (!error.empty() && error != said) rooms_.log("computing checksums: " + error);
        said = error;
    } while (!alarm.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); }));
}

Status ChecksumKeeper::round(const std::stop_token& stop) {
    ASTEROPE_TRY_STATUS(scan_from_ ? scan_nodes() : follow_feed());
    ASTEROPE_TRY_STATUS(compute_due(stop));
    return commit();
}

Status ChecksumKeeper::follow_feed() {
    while (waiting_.size() < kWaitingMax && seen_ < rooms_.writer.last_change()) {
        const auto events = rooms_.volume.changes(seen_, kEventsAtOnce, {});
        if (!events && (events.error().code == Errc::stale || events.error().code == Errc::corrupt)) {
            seen_ = rooms_.writer.last_change();
            scan_from_ = 0;
            return {};
        }
        if (!events) return Unexpected(events.error());
        if (events->empty()) break;
        const auto now = rooms_.writer.now();
        for (const Change& event : *events) {
            if (event.kind != ChangeKind::content && event.kind != ChangeKind::created) continue;
            // Most files are small; one that becomes a blob later has a later event.
            const auto record = now->get(Table::nodes, node_key(event.node));
            if (record && *record && is_blob_record(**record)) waiting_.try_emplace(event.node, Waiting{event.sequence, {}});
        }
        seen_ = events->back().sequence;
    }
    return {};
}

/// A part of all nodes, over a state of its own, so that none is held for long.
Status ChecksumKeeper::scan_nodes() {
    const auto now = rooms_.writer.now();
    std::size_t count = 0;
    const std::uint64_t from = *scan_from_;
    scan_from_.reset();
    return View(*now).scan(Table::nodes, "", u64_key(from), [&](auto key, auto value) {
        if (++count > kNodesAtOnce || waiting_.size() >= kWaitingMax) {
            scan_from_ = u64_of(key);
            return false;
        }
        if (is_blob_record(value)) waiting_.try_emplace(NodeId{u64_of(key)}, Waiting{seen_, {}});
        return true;
    });
}

Status ChecksumKeeper::compute_due(const std::stop_token& stop) {
    for (auto at = waiting_.begin(); at != waiting_.end() && !stop.stop_requested();) {
        if (at->second.due > Timestamp::now()) {
            ++at;
            continue;
        }
        if (const auto again = look_at(at->first, stop)) {
            at->second.due = *again;
            ++at;
        } else {
            at = waiting_.erase(at);
        }
        if (computed_.size() >= kCommitAtOnce) ASTEROPE_TRY_STATUS(commit());
    }
    return {};
}

/// Computes what is to be computed of a node. Returns when to look at it again; nullopt: it is done.
std::optional<Timestamp> ChecksumKeeper::look_at(NodeId node, const std::stop_token& stop) {
    const auto state = rooms_.writer.now();
    const View view(*state);
    const auto record = view.node(node);
    if (!record || record->content != ContentKind::blob || record->attr.nlink == 0) return std::nullopt;
    if (const auto known = view.checksum(*record); known && *known) return std::nullopt;
    const Timestamp now = Timestamp::now();
    if (rooms_.is_dirty(node)) return later(now, kDirtySeconds);
    // A time that somebody has set in the future is none to wait for.
    if (const Timestamp quiet = quiet_at(record->attr); quiet > now && record->attr.ctime <= now) return quiet;
    if (is_too_sparse(record->attr.size, record->attr.blocks)) return std::nullopt;
    const auto file = rooms_.blobs.open(record->blob, false);
    if (!file) return std::nullopt;  // `check` and `scrub` name it
    const auto computed = checksum_of_file(file->get(), false, [&](std::size_t) -> Status {
        return stop.stop_requested() ? Status(fail(Errc::interrupted)) : Status{};
    });
    if (!computed && computed.error().code == Errc::interrupted) return now;
    if (computed && computed->bytes == record->attr.size)
        computed_.push_back({node, record->blob, {record->content_version, computed->checksum}});
    return std::nullopt;
}

/// Everything up to it that needed a checksum has one.
Sequence ChecksumKeeper::done_through() const {
    if (scan_from_) return saved_;
    Sequence through = seen_;
    for (const auto& [node, waiting] : waiting_) through = std::min(through, Sequence{raw(waiting.since) - 1});
    return through;
}

Status ChecksumKeeper::commit() {
    const Sequence through = done_through();
    if (computed_.empty() && through == saved_) return {};
    ASTEROPE_TRY_STATUS(rooms_.writer.run([&](Edit& edit) -> Status {
        if (through != saved_) edit.batch().put(Table::meta, kPosition, u64_key(raw(through)));
        return record_checksums(edit, computed_, rooms_.is_dirty);
    }));
    computed_.clear();
    saved_ = through;
    return {};
}

}  // namespace asterope::storage

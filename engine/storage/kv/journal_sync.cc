#include <algorithm>
#include <utility>

#include "engine/storage/kv/journal.h"
#include "engine/storage/kv/journal_format.h"

/// How the journal becomes durable: group commit, and what is done when the disk fails.
namespace asterope::kv {
namespace {
constexpr int kRoundShare = 2;  ///< what part of a round's time the next one may wait for its callers
}  // namespace

Status Journal::sync(std::uint64_t upto) {
    if (durable_sequence() >= upto) return {};
    std::unique_lock lock(sync_mutex_);
    most_callers_ = std::max(most_callers_, ++callers_);
    arrived_.notify_one();
    Status done;
    while (done && durable_sequence() < upto) {
        if (syncing_) {
            sync_done_.wait(lock);
            continue;
        }
        syncing_ = true;
        wait_for_callers(lock);
        lock.unlock();
        const auto start = Clock::now();
        done = sync_round();
        lock.lock();
        round_time_ = Clock::now() - start;
        syncing_ = false;
        sync_done_.notify_all();
    }
    --callers_;
    return done;
}

/// Those whom the last round has served are often back in a moment. Without this, two halves of them would take turns, each
/// waiting for the sync of the other.
void Journal::wait_for_callers(std::unique_lock<std::mutex>& lock) {
    const int expected = std::exchange(most_callers_, callers_);
    arrived_.wait_for(lock, round_time_ / kRoundShare, [&] { return callers_ >= expected; });
}

Status Journal::sync_round() {
    std::unique_lock lock(mutex_);
    ASTEROPE_TRY_STATUS(check_writable());
    const std::uint64_t upto = last_sequence_;
    std::vector<NamedBlob> blobs = std::exchange(unsynced_blobs_, {});
    lock.unlock();
    Status blobs_synced = sync_blobs(blobs);
    lock.lock();
    if (blobs_synced && !blobs.empty())
        blobs_synced = append_record(RecordKind::blobs_durable, upto, {}, {}, true);
    if (!blobs_synced) {
        unsynced_blobs_.insert(unsynced_blobs_.begin(), blobs.begin(), blobs.end());
        return blobs_synced;
    }
    const Round round = begin_round();
    lock.unlock();
    const Status synced = sync_files(round);
    lock.lock();
    if (!synced) return write_again(synced.error());
    finish_round(round);
    return {};
}

Status Journal::sync_blobs(const std::vector<NamedBlob>& blobs) {
    if (blobs.empty() || !options_.sync_blobs) return {};
    std::vector<BlobId> ids;
    ids.reserve(blobs.size());
    for (const NamedBlob& named : blobs) ids.push_back(named.blob);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return options_.sync_blobs(ids);
}

Journal::Round Journal::begin_round() {
    Round round;
    for (const SegmentPtr& segment : live_) {
        if (!segment->dirty()) continue;
        round.dirty.push_back({segment, segment->id(), segment->end()});
        round.sync_names |= !segment->named_durably;
    }
    round.mark = memory_.mark();
    round.point = {live_.back()->id(), live_.back()->link(), last_sequence_};
    return round;
}

Status Journal::sync_files(const Round& round) {
    for (const Dirty& dirty : round.dirty) ASTEROPE_TRY_STATUS(dirty.segment->sync());
    if (round.sync_names) ASTEROPE_TRY_STATUS(sync_directory(options_.directory));
    sync_count_.fetch_add(1, std::memory_order_relaxed);
    return {};
}

void Journal::finish_round(const Round& round) {
    for (const Dirty& dirty : round.dirty) {
        dirty.segment->named_durably = true;
        // Meanwhile it may have been dropped and be in use again.
        if (dirty.segment->id() == dirty.id) dirty.segment->set_durable(dirty.end);
    }
    memory_.drop_before(round.mark);
    durable_ = round.point;
    // A batch whose blobs came after the round's look at them waits for the next.
    std::uint64_t durable = round.point.sequence;
    if (!unsynced_blobs_.empty()) durable = std::min(durable, unsynced_blobs_.front().sequence - 1);
    durable_sequence_.store(std::max(durable, durable_sequence()), std::memory_order_release);
}

Status Journal::write_again(const Error& cause) {
    log("journal: " + cause.text() + "; writing what is not durable to a new segment");
    const std::size_t old_count = live_.size();
    const Status rewritten = write_records_again();
    if (rewritten) return {};
    // What was rewritten in part must not supersede the old segments, which the page cache may still hold whole.
    for (; live_.size() > old_count; live_.pop_back()) live_.back()->remove();
    read_only_reason_ = "the journal cannot be written (" + cause.text() + "; then " +
                        rewritten.error().text() + "): the store is read-only";
    log(read_only_reason_);
    return check_writable();
}

Status Journal::write_records_again() {
    for (const SegmentPtr& segment : live_) segment->abandoned |= segment->dirty();
    ASTEROPE_TRY_STATUS(begin_segment(ASTEROPE_TRY(create_segment(0)), durable_));
    // Batches below the new segment's first record are in the old ones.
    std::uint64_t sequence = durable_.sequence;
    const auto write_record = [&](char* at) -> Result<std::size_t> {
        const RecordShape shape = record_shape(at);
        if (!live_.back()->has_room(shape.bytes)) {
            const Point here{live_.back()->id(), live_.back()->link(), sequence};
            ASTEROPE_TRY_STATUS(begin_segment(ASTEROPE_TRY(create_segment(shape.bytes)), here));
        }
        Segment& segment = *live_.back();
        const std::uint64_t link = relink_record(at, shape.bytes, segment.link());
        ASTEROPE_TRY_STATUS(segment.append({at, shape.bytes}, link));
        if (shape.kind == RecordKind::batch) segment.last_sequence = sequence = shape.sequence;
        return shape.bytes;
    };
    ASTEROPE_TRY_STATUS(memory_.for_each(write_record));
    const Round round = begin_round();
    ASTEROPE_TRY_STATUS(sync_files(round));
    finish_round(round);
    return {};
}

}  // namespace asterope::kv

#include "engine/storage/kv/journal.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <random>

#include "engine/storage/kv/journal_format.h"

namespace asterope::kv {
namespace {

constexpr std::size_t kReservedSegments = 1;  ///< kept for batches that remove something
constexpr std::size_t kFreeSegmentsMax = 4;
constexpr std::string_view kSuffix = ".seg";

std::uint64_t number_of(const std::string& path) {
    const std::string name = std::filesystem::path(path).stem().string();
    std::uint64_t number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    return number;
}

std::uint64_t nonce() {
    std::random_device random;
    return (std::uint64_t{random()} << 32) | random();
}

}  // namespace

Result<std::vector<std::string>> list_segments(const std::string& directory) {
    std::vector<std::string> files;
    std::error_code error;
    for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
        if (it->path().extension() == kSuffix) files.push_back(it->path().string());
    }
    if (error) return fail_errno(error.value(), directory);
    std::sort(files.begin(), files.end());
    return files;
}

Journal::Journal(JournalOptions options)
    : options_(std::move(options)),
      next_id_(options_.next_id),
      last_sequence_(options_.next_sequence - 1),
      durable_sequence_(last_sequence_) {
    durable_.sequence = last_sequence_;
}

Result<std::unique_ptr<Journal>> Journal::start(JournalOptions options) {
    std::unique_ptr<Journal> journal(new Journal(std::move(options)));
    const std::lock_guard lock(journal->mutex_);
    ASTEROPE_TRY_STATUS(journal->adopt_files());
    ASTEROPE_TRY_STATUS(journal->adopt_kept());
    ASTEROPE_TRY_STATUS(journal->begin_first_segment());
    // Its durable header keeps what older segments hold beyond what is kept from ever being replayed again.
    const Round round = journal->begin_round();
    ASTEROPE_TRY_STATUS(journal->sync_files(round));
    journal->finish_round(round);
    return journal;
}

Status Journal::begin_first_segment() {
    auto segment = free_segment(0, true);
    if (segment) return begin_segment(std::move(*segment), durable_);
    // On a full disk it goes on behind the last record that is kept, if there is no segment that could follow that one.
    const bool only_kept = !live_.empty() && options_.kept.size() == options_.old_files.size();
    if (only_kept && segment.error().code == Errc::no_space) return {};
    return Unexpected(std::move(segment).error());
}

Status Journal::adopt_files() {
    for (const std::string& path : options_.old_files) {
        next_file_ = std::max(next_file_, number_of(path) + 1);
        const bool kept = std::any_of(options_.kept.begin(), options_.kept.end(),
                                      [&](const JournalPlan::Part& part) { return part.path == path; });
        if (kept) continue;
        SegmentPtr segment = ASTEROPE_TRY(Segment::reuse(path));
        if (segment->capacity() == options_.segment_bytes && free_.size() < kFreeSegmentsMax) {
            free_.push_back(std::move(segment));
        } else {
            segment->remove();
        }
    }
    return {};
}

Status Journal::adopt_kept() {
    for (const JournalPlan::Part& part : options_.kept) {
        SegmentPtr segment = ASTEROPE_TRY(Segment::reuse(part.path));
        segment->resume(part.header, part.end, part.link);
        segment->last_sequence = part.last_sequence;
        durable_ = {part.header.id, part.link, last_sequence_};  // once start() has synced
        live_.push_back(std::move(segment));
    }
    for (const auto& [sequence, blob] : options_.unsynced_blobs) unsynced_blobs_.push_back({sequence, blob});
    if (!unsynced_blobs_.empty()) durable_sequence_.store(unsynced_blobs_.front().sequence - 1);
    return {};
}

Status Journal::append(std::uint64_t sequence, std::span<const BlobId> blobs, std::string_view payload,
                       bool may_use_reserve) {
    const std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(check_writable());
    ASTEROPE_CHECK(sequence == last_sequence_ + 1);
    ASTEROPE_TRY_STATUS(append_record(RecordKind::batch, sequence, blobs, payload, may_use_reserve));
    live_.back()->last_sequence = last_sequence_ = sequence;
    for (const BlobId blob : blobs) unsynced_blobs_.push_back({sequence, blob});
    return {};
}

Status Journal::append_record(RecordKind kind, std::uint64_t sequence, std::span<const BlobId> blobs,
                              std::string_view payload, bool may_use_reserve) {
    constexpr std::size_t kRecordBytesMax = std::numeric_limits<std::int32_t>::max();
    const std::size_t bytes = record_bytes(blobs.size(), payload.size());
    if (bytes > kRecordBytesMax) return fail(Errc::limit, "a transaction is larger than 2 GiB");
    if (!live_.back()->has_room(bytes)) ASTEROPE_TRY_STATUS(rotate(bytes, may_use_reserve));

    Segment& segment = *live_.back();
    char* at = memory_.add(bytes);
    const std::uint64_t link = encode_record(at, kind, sequence, blobs, payload, segment.link());
    if (auto appended = segment.append({at, bytes}, link); !appended) {
        memory_.undo(bytes);
        return appended;
    }
    bytes_written_.fetch_add(bytes, std::memory_order_relaxed);
    return {};
}

Status Journal::rotate(std::size_t bytes, bool may_use_reserve) {
    SegmentPtr next = ASTEROPE_TRY(free_segment(bytes, may_use_reserve));
    const Point here{live_.back()->id(), live_.back()->link(), last_sequence_};
    return begin_segment(std::move(next), here);
}

Status Journal::begin_segment(SegmentPtr segment, const Point& after) {
    SegmentHeader header;
    header.id = next_id_;
    header.first_sequence = after.sequence + 1;
    header.previous_id = after.segment_id;
    header.previous_link = after.link;
    header.nonce = nonce();
    if (auto started = segment->start(header); !started) {
        segment->remove();
        return started;
    }
    ++next_id_;
    live_.push_back(std::move(segment));
    return {};
}

Result<Journal::SegmentPtr> Journal::free_segment(std::size_t bytes, bool may_use_reserve) {
    const bool fits = kSegmentHeaderBytes + bytes <= options_.segment_bytes;
    const auto take = [this] {
        SegmentPtr segment = std::move(free_.back());
        free_.pop_back();
        return segment;
    };
    if (fits && free_.size() > kReservedSegments) return take();
    auto created = create_segment(bytes);
    if (!created && created.error().code == Errc::no_space && fits && may_use_reserve && !free_.empty())
        return take();
    return created;
}

Result<Journal::SegmentPtr> Journal::create_segment(std::size_t bytes) {
    const std::uint64_t size = std::max<std::uint64_t>(options_.segment_bytes, kSegmentHeaderBytes + bytes);
    std::string number = std::to_string(next_file_++);
    if (number.size() < 8) number.insert(0, 8 - number.size(), '0');
    return Segment::create(options_.directory + '/' + number + std::string(kSuffix), size);
}

void Journal::drop_through(std::uint64_t applied) {
    const std::lock_guard lock(mutex_);
    while (live_.size() > 1 && live_.front()->last_sequence <= applied) {
        SegmentPtr segment = std::move(live_.front());
        live_.pop_front();
        const bool usable = !segment->abandoned && segment->capacity() == options_.segment_bytes;
        if (usable && free_.size() < kFreeSegmentsMax) {
            free_.push_back(std::move(segment));
        } else {
            segment->remove();
        }
    }
}

Status Journal::prepare_spares() {
    std::unique_lock lock(mutex_);
    const bool half_full = live_.back()->end() > live_.back()->capacity() / 2;
    const std::size_t wanted = kReservedSegments + (half_full ? 1 : 0);
    if (free_.size() >= wanted || !read_only_reason_.empty()) return {};
    SegmentPtr segment = ASTEROPE_TRY(create_segment(0));
    lock.unlock();
    if (const Status filled = half_full ? segment->fill() : Status(); !filled) {
        segment->remove();
        return filled;
    }
    lock.lock();
    free_.push_back(std::move(segment));
    return {};
}

Status Journal::clear() {
    const std::lock_guard lock(mutex_);
    ASTEROPE_TRY_STATUS(check_writable());
    const Point nothing{0, 0, last_sequence_};
    SegmentPtr last = live_.back();
    while (live_.size() > 1) {
        live_.front()->remove();
        live_.pop_front();
    }
    live_.clear();
    for (; free_.size() > kReservedSegments; free_.pop_back()) free_.back()->remove();
    if (last->capacity() != options_.segment_bytes) {
        last->remove();
        return {};
    }
    return begin_segment(std::move(last), nothing);
}

Status Journal::check_writable() const {
    if (read_only_reason_.empty()) return {};
    return fail(Errc::read_only, read_only_reason_);
}

void Journal::log(const std::string& line) const {
    if (options_.log) options_.log(line);
}

}  // namespace asterope::kv

#include "engine/storage/kv/journal_replay.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "engine/storage/kv/disk.h"
#include "engine/storage/kv/journal.h"

namespace asterope::kv {
namespace {

using Part = JournalPlan::Part;

struct FoundRecord {
    std::uint64_t link = 0;  ///< of this record
    std::size_t end = 0;
    std::uint64_t sequence = 0;
    RecordKind kind{};
    bool marked = false;
};

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
    const Descriptor fd = ASTEROPE_TRY(open_file(path, O_RDONLY));
    struct stat found {};
    if (::fstat(fd.get(), &found) != 0) return fail_errno(errno, path);
    return read_up_to(fd.get(), std::min(bytes_max, static_cast<std::size_t>(found.st_size)), 0);
}

Result<std::vector<Part>> read_headers(const std::vector<std::string>& files) {
    std::vector<Part> parts;
    for (const std::string& path : files) {
        const std::string bytes = ASTEROPE_TRY(read_file(path, kSegmentHeaderBytes));
        Part part{path, {}, 0, 0, 0};
        const HeaderState state = decode_header(bytes, part.header);
        if (state == HeaderState::newer) return fail(Errc::format, path + " has a newer format");
        if (state == HeaderState::whole) parts.push_back(std::move(part));
    }
    std::sort(parts.begin(), parts.end(),
              [](const Part& a, const Part& b) { return a.header.id < b.header.id; });
    return parts;
}

Result<std::vector<FoundRecord>> read_records(const Part& part) {
    const std::string bytes = ASTEROPE_TRY(read_file(part.path, SIZE_MAX));
    std::vector<FoundRecord> records;
    std::size_t at = kSegmentHeaderBytes;
    std::uint64_t link = part.header.link;
    while (at <= bytes.size()) {
        const auto record = decode_record(std::string_view(bytes).substr(at), link);
        if (!record) break;
        at += record->bytes;
        link = record->link;
        records.push_back({link, at, record->sequence, record->kind, record->marked()});
    }
    return records;
}

/// The segment that continues `part`, and how many of the records of `part` come before it.
struct Continuation {
    const Part* part = nullptr;
    std::size_t record_count = 0;
};
Continuation continuation_of(const Part& part, const std::vector<FoundRecord>& records,
                             const std::vector<Part>& all) {
    for (auto next = all.rbegin(); next != all.rend() && next->header.id > part.header.id; ++next) {
        if (next->header.previous_id != part.header.id) continue;
        if (next->header.previous_link == part.header.link) return {&*next, 0};
        const auto at = std::find_if(records.begin(), records.end(), [&](const FoundRecord& record) {
            return record.link == next->header.previous_link;
        });
        if (at != records.end()) return {&*next, static_cast<std::size_t>(at - records.begin()) + 1};
    }
    return {nullptr, records.size()};
}

/// Follows the chain of segments and adds up what it holds.
class Planner {
  public:
    Planner(JournalPlan& plan, bool power_cut) : plan_(plan), power_cut_(power_cut) {}

    Status run(const std::vector<Part>& all) {
        plan_.last = plan_.applied;
        const Part* part = start(all);
        if (part == nullptr && !all.empty()) plan_.stopped_by = "no segment follows what the tree contains";
        while (part != nullptr) {
            auto records = ASTEROPE_TRY(read_records(*part));
            const Continuation next = continuation_of(*part, records, all);
            records.resize(next.record_count);
            plan_.parts.push_back(*part);
            plan_.parts.back().end = records.empty() ? kSegmentHeaderBytes : records.back().end;
            if (!take(records)) break;
            if (next.part == nullptr && part != &all.back()) note_break(*part, all);
            part = next.part;
        }
        stop_at_marked();
        return {};
    }

  private:
    /// The latest segment that can hold the first batch that the tree lacks.
    const Part* start(const std::vector<Part>& all) const {
        for (auto part = all.rbegin(); part != all.rend(); ++part) {
            if (part->header.first_sequence <= plan_.applied + 1) return &*part;
        }
        return nullptr;
    }

    bool take(const std::vector<FoundRecord>& records) {
        for (const FoundRecord& record : records) {
            if (record.kind == RecordKind::blobs_durable) {
                plan_.blobs_durable = std::max(plan_.blobs_durable, record.sequence);
            } else if (record.sequence > plan_.applied) {
                if (record.sequence != plan_.last + 1) {
                    plan_.stopped_by = "batch " + std::to_string(plan_.last + 1) + " is missing";
                    return false;
                }
                plan_.last = record.sequence;
                if (record.marked) marked_.push_back(record.sequence);
            }
        }
        return true;
    }

    void note_break(const Part& part, const std::vector<Part>& all) {
        const bool later = std::any_of(all.begin(), all.end(), [&](const Part& other) {
            return other.header.id > part.header.id && other.header.first_sequence > plan_.last;
        });
        if (later) plan_.stopped_by = "batch " + std::to_string(plan_.last + 1) + " is not whole";
    }

    void stop_at_marked() {
        if (!power_cut_) return;
        const auto stop = std::find_if(marked_.begin(), marked_.end(), [this](std::uint64_t sequence) {
            return sequence > plan_.blobs_durable;
        });
        if (stop == marked_.end()) return;
        plan_.last = *stop - 1;
        plan_.stopped_by = "the content of batch " + std::to_string(*stop) + " may not have reached the disk";
    }

    JournalPlan& plan_;
    bool power_cut_;
    std::vector<std::uint64_t> marked_;
};

/// Visits the records of `part` in order, with the end of each, until `visit` returns false.
template <class Visit>
Status visit_records(const Part& part, Visit visit) {
    const std::string bytes = ASTEROPE_TRY(read_file(part.path, part.end));
    std::uint64_t link = part.header.link;
    for (std::size_t at = kSegmentHeaderBytes; at < part.end;) {
        const auto record = decode_record(std::string_view(bytes).substr(std::min(at, bytes.size())), link);
        if (!record) return fail(Errc::corrupt, part.path + " changed while it was read");
        at += record->bytes;
        link = record->link;
        if (!ASTEROPE_TRY(visit(*record, at))) return {};
    }
    return {};
}

Status replay_part(const Part& part, const JournalPlan& plan,
                   const std::function<Status(const Record&)>& apply) {
    return visit_records(part, [&](const Record& record, std::size_t) -> Result<bool> {
        if (record.kind != RecordKind::batch || record.sequence <= plan.applied) return true;
        if (record.sequence > plan.last) return false;
        ASTEROPE_TRY_STATUS(apply(record));
        return true;
    });
}

Status cut_part(Part& part, std::uint64_t last) {
    Part cut = part;
    cut.end = kSegmentHeaderBytes;
    cut.link = part.header.link;
    cut.last_sequence = part.header.first_sequence - 1;
    ASTEROPE_TRY_STATUS(visit_records(part, [&](const Record& record, std::size_t end) -> Result<bool> {
        const bool batch = record.kind == RecordKind::batch;
        if (batch && record.sequence > last) return false;
        if (batch) cut.last_sequence = record.sequence;
        cut.end = end;
        cut.link = record.link;
        return true;
    }));
    part = std::move(cut);
    return {};
}

}  // namespace

Result<JournalPlan> plan_replay(const std::string& directory, std::uint64_t applied, bool power_cut) {
    JournalPlan plan;
    plan.applied = applied;
    plan.files = ASTEROPE_TRY(list_segments(directory));
    const std::vector<Part> all = ASTEROPE_TRY(read_headers(plan.files));
    if (!all.empty()) plan.next_id = all.back().header.id + 1;
    ASTEROPE_TRY_STATUS(Planner(plan, power_cut).run(all));
    return plan;
}

Status cut_after_last(JournalPlan& plan) {
    std::erase_if(plan.parts, [&](const Part& part) { return part.header.first_sequence > plan.last; });
    for (Part& part : plan.parts) ASTEROPE_TRY_STATUS(cut_part(part, plan.last));
    return {};
}

Status replay(const JournalPlan& plan, const std::function<Status(const Record&)>& apply) {
    if (plan.last == plan.applied) return {};
    for (const Part& part : plan.parts) ASTEROPE_TRY_STATUS(replay_part(part, plan, apply));
    return {};
}

}  // namespace asterope::kv

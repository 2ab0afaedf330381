#include "engine/storage/kv/journal_segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace asterope::kv {

Result<std::shared_ptr<Segment>> Segment::create(const std::string& path, std::uint64_t bytes) {
    Descriptor fd = ASTEROPE_TRY(open_file(path, O_RDWR | O_CREAT | O_EXCL));
    if (auto reserved = reserve(fd.get(), 0, bytes, Extend::yes); !reserved) {
        ::unlink(path.c_str());
        return Unexpected(std::move(reserved).error());
    }
    return std::shared_ptr<Segment>(new Segment(path, std::move(fd), bytes));
}

Result<std::shared_ptr<Segment>> Segment::reuse(const std::string& path) {
    Descriptor fd = ASTEROPE_TRY(open_file(path, O_RDWR));
    struct stat found {};
    if (::fstat(fd.get(), &found) != 0) return fail_errno(errno, path);
    return std::shared_ptr<Segment>(
        new Segment(path, std::move(fd), static_cast<std::uint64_t>(found.st_size)));
}

Status Segment::fill() {
    const std::string zeros(std::min<std::uint64_t>(capacity_, 1u << 20), '\0');
    for (std::uint64_t at = 0; at < capacity_; at += zeros.size()) {
        const auto bytes = std::min<std::uint64_t>(zeros.size(), capacity_ - at);
        ASTEROPE_TRY_STATUS(write_all(fd_.get(), std::string_view(zeros).substr(0, bytes), at));
    }
    return sync();
}

Status Segment::start(SegmentHeader header) {
    const std::string bytes = encode_header(header);
    ASTEROPE_TRY_STATUS(write_all(fd_.get(), bytes, 0));
    header_ = header;
    link_ = header.link;
    end_ = bytes.size();
    durable_end_ = 0;
    last_sequence = header.first_sequence - 1;
    return {};
}

void Segment::resume(const SegmentHeader& header, std::uint64_t end, std::uint64_t link) {
    header_ = header;
    link_ = link;
    end_ = end;
    durable_end_ = 0;
}

Status Segment::append(std::string_view record, std::uint64_t link) {
    if (auto written = write_all(fd_.get(), record, end_); !written) {
        // A part of a record is not whole, hence never replayed; the zeros keep that from depending on the checksum alone.
        constexpr std::string_view kNoRecord{"\0\0\0\0\0\0\0\0", 8};
        (void)write_all(fd_.get(), kNoRecord, end_);
        return written;
    }
    end_ += record.size();
    link_ = link;
    return {};
}

void Segment::remove() const {
    ::unlink(path_.c_str());
}

}  // namespace asterope::kv

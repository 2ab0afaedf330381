#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/result.h"
#include "engine/storage/kv/disk.h"
#include "engine/storage/kv/journal_format.h"

namespace asterope::kv {

/// One file of the journal with reserved blocks, and how far it is written and durable.
/// A file that is no longer needed is used again under a new header: its blocks are written already, so that
/// fdatasync has no metadata to write.
/// Threads: one at a time, except sync().
class Segment {
  public:
    /// Makes `path` with room for `bytes`. Errors: no_space (nothing is left behind) · io
    static Result<std::shared_ptr<Segment>> create(const std::string& path, std::uint64_t bytes);
    /// An existing file, to be used again.
    static Result<std::shared_ptr<Segment>> reuse(const std::string& path);

    /// Writes zeros over the whole file and makes them durable.
    Status fill();
    /// Makes it an empty segment with this header; it stays as it was if that fails.
    Status start(SegmentHeader header);
    /// Goes on behind the records that it has: `end` is where, `link` that of the last one. They count as not durable.
    void resume(const SegmentHeader& header, std::uint64_t end, std::uint64_t link);
    /// Adds an encoded record whose link is `link`. Nothing has changed if it fails.
    Status append(std::string_view record, std::uint64_t link);
    Status sync() const { return sync_data(fd_.get()); }
    void remove() const;

    bool has_room(std::size_t bytes) const { return end_ + bytes <= capacity_; }
    std::uint64_t capacity() const { return capacity_; }
    std::uint64_t id() const { return header_.id; }
    std::uint64_t link() const { return link_; }  ///< of the last record
    std::uint64_t end() const { return end_; }
    bool dirty() const { return durable_end_ < end_ && !abandoned; }
    void set_durable(std::uint64_t end) { durable_end_ = end; }

    std::uint64_t last_sequence = 0;  ///< of its batches
    bool named_durably = false;       ///< its directory entry is on stable storage
    bool abandoned = false;           ///< an fdatasync of it failed: never written again

  private:
    Segment(std::string path, Descriptor fd, std::uint64_t capacity)
        : path_(std::move(path)), fd_(std::move(fd)), capacity_(capacity) {}

    std::string path_;
    Descriptor fd_;
    std::uint64_t capacity_;
    SegmentHeader header_;
    std::uint64_t link_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t durable_end_ = 0;
};

}  // namespace asterope::kv

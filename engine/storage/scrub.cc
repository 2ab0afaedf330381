#include "engine/storage/scrub.h"

#include "engine/storage/pace.h"

namespace asterope {

using namespace storage;
using kv::Table;

namespace {

constexpr std::size_t kNodesAtOnce = 1000;  ///< taken from one state, so that none is held for long
constexpr std::size_t kCommitAtOnce = 64;

class Scrub {
  public:
    Scrub(const BackgroundRooms& rooms, const ScrubOptions& options)
        : rooms_(rooms), options_(options), pace_(options.bytes_per_second, options.watch.stop) {
        report_.last = options.after;
    }

    Result<ScrubReport> run() {
        if (options_.watch.progress) ASTEROPE_TRY_STATUS(measure());
        for (;;) {
            const std::vector<NodeId> nodes = ASTEROPE_TRY(next_blobs());
            if (nodes.empty()) report_.last = NodeId{};
            for (const NodeId node : nodes) {
                ASTEROPE_TRY_STATUS(verify(node));
                report_.last = node;
                if (computed_.size() >= kCommitAtOnce) ASTEROPE_TRY_STATUS(commit());
                if (++looked_at_ >= options_.files_max) break;
            }
            if (nodes.empty() || looked_at_ >= options_.files_max) break;
        }
        ASTEROPE_TRY_STATUS(commit());
        return std::move(report_);
    }

  private:
    template <class Visit>
    Status for_each_blob(NodeId after, Visit&& visit) {
        const auto now = rooms_.writer.now();
        return View(*now).scan(Table::nodes, "", u64_key(raw(after) + 1), [&](auto key, auto value) {
            if (!is_blob_record(value)) return true;
            const auto record = decode_node(NodeId{u64_of(key)}, value);
            return !record || visit(*record);
        });
    }

    Status measure() {
        return for_each_blob(options_.after, [&](const NodeRecord& record) {
            if (!is_too_sparse(record.attr.size, record.attr.blocks)) total_bytes_ += record.attr.size;
            return true;
        });
    }

    Result<std::vector<NodeId>> next_blobs() {
        std::vector<NodeId> nodes;
        ASTEROPE_TRY_STATUS(for_each_blob(report_.last, [&](const NodeRecord& record) {
            nodes.push_back(record.attr.node);
            return nodes.size() < kNodesAtOnce;
        }));
        return nodes;
    }

    /// Errors: those that end the scrub.
    Status verify(NodeId node) {
        const auto before = View(*rooms_.writer.now()).node(node);
        if (!before || before->content != ContentKind::blob) return {};
        if (rooms_.is_dirty(node) || is_too_sparse(before->attr.size, before->attr.blocks)) {
            ++report_.skipped;
            return {};
        }
        const auto found = read(*before);
        if (!found && found.error().code == Errc::interrupted) return Unexpected(found.error());
        const auto now = rooms_.writer.now();
        const auto after = View(*now).node(node);
        if (!after || after->blob != before->blob || after->content_version != before->content_version || rooms_.is_dirty(node)) {
            ++report_.skipped;
            return {};
        }
        if (!found) return damaged(*after, found.error().text());
        return compare(View(*now), *after, *found);
    }

    Result<FileChecksum> read(const NodeRecord& record) {
        const auto file = ASTEROPE_TRY(rooms_.blobs.open(record.blob, false));
        return checksum_of_file(file.get(), true, [&](std::size_t bytes) -> Status {
            done_bytes_ += bytes;
            options_.watch.tell("contents", done_bytes_, total_bytes_);
            return pace_.spend(bytes);
        });
    }

    Status compare(const View& view, const NodeRecord& record, const FileChecksum& found) {
        const auto known = view.checksum(record);
        if (found.bytes < record.attr.size)
            return damaged(record, "it has " + std::to_string(found.bytes) + " bytes, not " + std::to_string(record.attr.size));
        if (known && *known && **known != found.checksum)
            return damaged(record, "its checksum is " + to_hex(found.checksum) + ", not " + to_hex(**known));
        ++report_.files;
        report_.bytes += found.bytes;
        if (known && *known) return {};
        ++report_.computed;
        computed_.push_back({record.attr.node, record.blob, {record.content_version, found.checksum}});
        return {};
    }

    Status damaged(const NodeRecord& record, std::string what) {
        if (++report_.damaged_count > kDamagedMax) return {};
        const auto now = rooms_.writer.now();
        auto key = View(*now).key(record.attr.node);
        report_.damaged.push_back({key ? *std::move(key) : "node " + std::to_string(raw(record.attr.node)), std::move(what)});
        return {};
    }

    Status commit() {
        if (computed_.empty()) return {};
        ASTEROPE_TRY_STATUS(rooms_.writer.run([&](Edit& edit) { return record_checksums(edit, computed_, rooms_.is_dirty); }));
        computed_.clear();
        return {};
    }

    const BackgroundRooms& rooms_;
    const ScrubOptions& options_;
    Pace pace_;
    std::uint64_t looked_at_ = 0, done_bytes_ = 0, total_bytes_ = 0;
    std::vector<ComputedChecksum> computed_;
    ScrubReport report_;
};

}  // namespace

Result<ScrubReport> scrub(const BackgroundRooms& rooms, const ScrubOptions& options) { return Scrub(rooms, options).run(); }

}  // namespace asterope

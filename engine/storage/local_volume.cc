#include "engine/storage/local_volume.h"

#include <sys/statvfs.h>
#include <unistd.h>

namespace asterope {

using namespace storage;
using kv::Table;

LocalVolume::LocalVolume(StoreDirectory directory, const StoreOptions& options)
    : directory_(std::move(directory)), options_(options) {}

Status LocalVolume::init(const std::string& directory) {
    ASTEROPE_TRY_STATUS(StoreDirectory::create(directory));
    const auto volume = ASTEROPE_TRY(open(directory, StoreOptions{}));
    return volume->sync();
}

Result<std::unique_ptr<LocalVolume>> LocalVolume::open(const std::string& directory, const StoreOptions& options) {
    std::unique_ptr<LocalVolume> volume(new LocalVolume(ASTEROPE_TRY(StoreDirectory::open(directory)), options));
    ASTEROPE_TRY_STATUS(volume->start());
    return volume;
}

Status LocalVolume::start() {
    blobs_ = ASTEROPE_TRY(BlobFiles::open(directory_.path));
    kv::Options kv_options;
    kv_options.sync_blobs = [blobs = blobs_.get()](std::span<const BlobId> ids) { return blobs->sync(ids); };
    kv_options.log = options_.log;
    store_ = ASTEROPE_TRY(kv::Store::open(directory_.path, kv_options, true));
    writer_ = std::make_unique<Writer>(*store_, fields_);
    open_nodes_ = std::make_unique<OpenNodes>(Rooms{*store_, *blobs_, *writer_});
    is_open_ = [nodes = open_nodes_.get()](NodeId node) { return nodes->is_open(node); };
    ASTEROPE_TRY_STATUS(writer_->start());
    {
        const auto now = store_->snapshot();
        ASTEROPE_TRY_STATUS(fields_.load(View(*now)));
    }
    ASTEROPE_TRY_STATUS(make_root());
    ASTEROPE_TRY_STATUS(recover());
    housekeeper_ = std::jthread([this](std::stop_token stop) { run_housekeeping(stop); });
    return {};
}

LocalVolume::~LocalVolume() {
    housekeeper_ = std::jthread();  // stops and joins
    if (!store_) return;
    remove_dropped_blobs();
    if (Status closed = store_->close(); !closed) log("closing the store: " + closed.error().text());
}

void LocalVolume::log(const std::string& line) const {
    if (options_.log) options_.log(line);
}

Status LocalVolume::make_root() {
    const auto now = store_->snapshot();
    const auto root = View(*now).node(kRootNode);
    if (root || root.error().code != Errc::not_found) return root ? Status{} : Status(Unexpected(root.error()));
    ASTEROPE_TRY(writer_->apply([](Edit& edit) -> Status {
        NodeRecord record;
        record.attr = {kRootNode, NodeType::directory, 0755, ::geteuid(), ::getegid(), 2, 0, 4096, 0,
                       edit.now(), edit.now(), edit.now(), edit.now(), 1};
        record.first_link.parent = kRootNode;
        edit.add_node(record);
        return {};
    }));
    return {};
}

VolumeInfo LocalVolume::info() const { return {directory_.uuid, directory_.path}; }

Result<SpaceInfo> LocalVolume::space() {
    struct statvfs below {};
    if (::statvfs(directory_.path.c_str(), &below) != 0) return fail_errno(errno, "statvfs");
    const auto now = store_->snapshot();
    SpaceInfo space;
    space.total_bytes = below.f_blocks * below.f_frsize;
    space.free_bytes = below.f_bfree * below.f_frsize;
    space.available_bytes = below.f_bavail * below.f_frsize;
    space.node_count = ASTEROPE_TRY(View(*now).number("node_count"));
    space.free_node_count = below.f_ffree;
    space.field_count = fields_.size();
    return space;
}

Result<std::vector<Change>> LocalVolume::changes(Sequence since, std::size_t count_max, std::chrono::milliseconds wait) {
    writer_->wait_for_change(since, wait);
    const auto now = store_->snapshot();
    std::vector<Change> found;
    const auto cursor = now->cursor(Table::changes);
    cursor->seek(u64_key(0));
    if (cursor->valid() && u64_of(cursor->key()) > raw(since) + 1)
        return fail(Errc::stale, "the change feed no longer reaches back to " + std::to_string(raw(since)));
    for (cursor->seek(u64_key(raw(since) + 1)); cursor->valid() && found.size() < count_max; cursor->next())
        found.push_back(ASTEROPE_TRY(decode_change(cursor->key(), cursor->value())));
    ASTEROPE_TRY_STATUS(cursor->status());
    return found;
}

Sequence LocalVolume::sequence() { return writer_->last_change(); }

Status LocalVolume::sync() {
    for (const auto& content : open_nodes_->all()) ASTEROPE_TRY_STATUS(content->sync());
    return store_->sync(store_->last_sequence());
}

}  // namespace asterope

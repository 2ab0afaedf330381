#include "engine/storage/local_volume.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <limits>

#include "engine/storage/transaction.h"

namespace asterope {

using namespace storage;

namespace {

constexpr std::size_t kDamageLogged = 10'000;  ///< nodes whose damage is logged

Result<StoreParts> open_parts(const std::string& path, const StoreOptions& options) {
    StoreParts parts;
    parts.directory = ASTEROPE_TRY(StoreDirectory::open(path));
    parts.blobs = ASTEROPE_TRY(BlobFiles::open(parts.directory.path));
    kv::Options kv_options;
    kv_options.sync_blobs = [blobs = parts.blobs.get()](std::span<const BlobId> ids) { return blobs->sync(ids); };
    kv_options.log = options.log;
    if (options.durability == StoreDurability::none) {
        kv_options.flush_interval_ms = 0;
        kv_options.buffer_age_ms = std::numeric_limits<std::uint32_t>::max();
    }
    parts.store = ASTEROPE_TRY(kv::Store::open(parts.directory.path, kv_options, true));
    parts.fields = std::make_unique<FieldCatalog>(parts.store.get());
    parts.writer = std::make_unique<Writer>(*parts.store, *parts.fields, *parts.blobs, options.durability == StoreDurability::sync);
    return parts;
}

}  // namespace

LocalVolume::LocalVolume(StoreParts parts, const StoreOptions& options)
    : StoreParts(std::move(parts)), StoreVolume({*writer, *blobs, *fields}, options.on_replace), options_(options) {}

Status LocalVolume::init(const std::string& path) {
    ASTEROPE_TRY_STATUS(StoreDirectory::create(path));
    const auto volume = ASTEROPE_TRY(open(path, StoreOptions{}));
    return volume->sync();
}

Result<std::unique_ptr<LocalVolume>> LocalVolume::open(const std::string& path, const StoreOptions& options) {
    std::unique_ptr<LocalVolume> volume(new LocalVolume(ASTEROPE_TRY(open_parts(path, options)), options));
    ASTEROPE_TRY_STATUS(volume->start());
    return volume;
}

Status LocalVolume::start() {
    ASTEROPE_TRY_STATUS(writer->start([this](NodeId node) { return open_nodes().is_open(node); }));
    {
        const auto now = store->snapshot();
        ASTEROPE_TRY_STATUS(fields->load(View(*now)));
    }
    ASTEROPE_TRY_STATUS(make_root());
    snapshots_ = ASTEROPE_TRY(Snapshots::open(directory.path, *writer));
    ASTEROPE_TRY_STATUS(recover());
    housekeeper_ = std::jthread([this](std::stop_token stop) { run_housekeeping(stop); });
    checksums_ = std::make_unique<ChecksumKeeper>(background_rooms());
    if (options_.scrub_every.count() > 0) scrubber_ = std::make_unique<Scrubber>(background_rooms(), options_.scrub_every);
    return {};
}

LocalVolume::~LocalVolume() {
    scrubber_.reset();
    checksums_.reset();
    housekeeper_ = std::jthread();  // stops and joins
    open_nodes().release_mapped(true);
    tend_blobs();
    if (Status closed = store->close(); !closed) log("closing the store: " + closed.error().text());
    blobs->publish_through(store->durable_sequence());
}

BackgroundRooms LocalVolume::background_rooms() {
    const auto is_dirty = [this](NodeId node) {
        const auto content = open_nodes().find(node);
        return content && content->is_dirty();
    };
    return {*this, *writer, *blobs, is_dirty, [this](const std::string& line) { log(line); }};
}

void LocalVolume::log(const std::string& line) const {
    if (options_.log) options_.log(line);
}

Result<std::unique_ptr<File>> LocalVolume::open(NodeId node, const OpenOptions& options) {
    auto file = StoreVolume::open(node, options);
    if (!file && file.error().code == Errc::corrupt) log_damage(node, file.error());
    return file;
}

/// Once for each node, so that a program that tries again and again does not fill the log.
void LocalVolume::log_damage(NodeId node, const Error& error) {
    {
        const std::lock_guard lock(damage_mutex_);
        if (damaged_.size() >= kDamageLogged || !damaged_.insert(raw(node)).second) return;
    }
    const auto key = View(*store->snapshot()).key(node);
    log("'" + key.value_or("node " + std::to_string(raw(node))) + "' cannot be read: " + error.text());
}

Status LocalVolume::make_root() {
    const auto now = store->snapshot();
    const auto root = View(*now).node(kRootNode);
    if (root || root.error().code != Errc::not_found) return root ? Status{} : Status(Unexpected(root.error()));
    return writer->run([](Edit& edit) -> Status {
        NodeRecord record;
        record.attr = {kRootNode, NodeType::directory, 0755, ::geteuid(), ::getegid(), 2, 0, 4096, 0,
                       edit.now(), edit.now(), edit.now(), edit.now(), 1};
        record.first_link.parent = kRootNode;
        edit.add_node(record);
        return {};
    });
}

VolumeInfo LocalVolume::info() const { return {directory.uuid, directory.path}; }

Result<SpaceInfo> LocalVolume::space() {
    struct statvfs below {};
    if (::statvfs(directory.path.c_str(), &below) != 0) return fail_errno(errno, "statvfs");
    const auto now = store->snapshot();
    SpaceInfo space;
    space.total_bytes = below.f_blocks * below.f_frsize;
    space.free_bytes = below.f_bfree * below.f_frsize;
    space.available_bytes = below.f_bavail * below.f_frsize;
    space.node_count = ASTEROPE_TRY(View(*now).number("node_count"));
    space.free_node_count = below.f_ffree;
    space.field_count = fields->size();
    return space;
}

Result<std::unique_ptr<Transaction>> LocalVolume::begin(const TransactionOptions& options) {
    auto scope = ASTEROPE_TRY(TransactionScope::begin(*store, *writer, *blobs, *fields, options, [this]() -> Status {
        for (const auto& content : open_nodes().all()) ASTEROPE_TRY_STATUS(content->settle());
        return {};
    }));
    {
        const std::lock_guard lock(transactions_mutex_);
        transactions_.push_back(scope);
    }
    return std::unique_ptr<Transaction>(std::make_unique<LocalTransaction>(
        std::move(scope), *this, open_nodes(), *blobs, *fields, options_.on_replace));
}

Result<SnapshotInfo> LocalVolume::make_snapshot(std::string_view name) {
    return snapshots_->make(name, *store, settle_snapshot());
}

Snapshots::Settle LocalVolume::settle_snapshot() {
    return {[this] { return sync(); },
            [this]() -> Status {
                for (const auto& content : open_nodes().all()) ASTEROPE_TRY_STATUS(content->leave_pinned());
                return {};
            }};
}

Status LocalVolume::drop_snapshot(std::string_view name) { return snapshots_->drop(name); }

Result<std::vector<SnapshotInfo>> LocalVolume::snapshots() { return snapshots_->list(); }

Result<std::shared_ptr<Volume>> LocalVolume::open_snapshot(std::string_view name) {
    if (name.empty()) return snapshots_->hold(*store, settle_snapshot(), *this, *blobs);
    return snapshots_->volume(name, *this, *blobs);
}

std::unique_ptr<ChangeWatch> LocalVolume::watch(Origin own, ChangeCallback changed) {
    return writer->watchers().add(own, std::move(changed));
}

}  // namespace asterope

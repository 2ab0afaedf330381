#include "engine/storage/snapshots.h"

#include <boost/filesystem.hpp>
#include <fstream>
#include <optional>

#include "engine/core/path.h"
#include "engine/storage/durable_file.h"
#include "engine/storage/kv/disk.h"
#include "engine/storage/snapshot_volume.h"

namespace asterope::storage {
namespace {

namespace filesystem = boost::filesystem;

constexpr const char* kMaking = ".making";
constexpr const char* kDropping = ".dropping";

Status check_snapshot_name(std::string_view name) {
    ASTEROPE_TRY_STATUS(check_name(name));
    return name.front() == '.' ? Status(fail(Errc::invalid, "a snapshot's name must not begin with a dot")) : Status{};
}

Status remove_all(const std::string& path) {
    boost::system::error_code error;
    filesystem::remove_all(path, error);
    return error ? Status(fail_errno(error.value(), path)) : Status{};
}

}  // namespace

Result<std::unique_ptr<Snapshots>> Snapshots::open(const std::string& store_directory, Writer& writer) {
    std::unique_ptr<Snapshots> snapshots(new Snapshots(store_directory + "/snapshots", writer));
    const std::string& directory = snapshots->directory_;
    ASTEROPE_TRY_STATUS(kv::make_directory(directory));
    boost::system::error_code error;
    for (const auto& entry : filesystem::directory_iterator(directory, error)) {
        const std::string name = entry.path().filename().string();
        ASTEROPE_TRY_STATUS(name.starts_with('.') ? remove_all(directory + "/" + name) : snapshots->load(name));
    }
    if (error) return fail_errno(error.value(), directory);
    return snapshots;
}

Status Snapshots::load(const std::string& name) {
    std::ifstream file(path_of(name) + "/INFO");
    std::string word, created;
    std::uint64_t mark = 0;
    if (!(file >> word >> created >> word >> mark))
        return fail(Errc::corrupt, "snapshot '" + name + "' has no INFO file that can be read");
    known_.emplace(name, Known{{name, parse_timestamp(created).value_or(Timestamp{})}, writer_.pin(mark)});
    return {};
}

/// Every blob is kept until the copy is there: what is committed meanwhile is in it, too. The pin that is returned keeps
/// those that it names.
Result<Writer::Pin> Snapshots::copy_index(const std::string& directory, kv::Store& store, const Settle& settle) {
    ASTEROPE_TRY_STATUS(remove_all(directory));
    ASTEROPE_TRY_STATUS(kv::make_directory(directory));
    const Writer::Pin until_copied = writer_.pin_all();
    ASTEROPE_TRY_STATUS(settle.before());
    ASTEROPE_TRY_STATUS(store.copy_to(directory));
    Writer::Pin pin = writer_.pin_present();
    ASTEROPE_TRY_STATUS(settle.after());
    return pin;
}

Result<SnapshotInfo> Snapshots::make(std::string_view name, kv::Store& store, const Settle& settle) {
    ASTEROPE_TRY_STATUS(check_snapshot_name(name));
    const std::lock_guard lock(mutex_);
    if (known_.contains(name)) return fail(Errc::exists, "a snapshot of this name exists");
    const std::string making = path_of(kMaking);
    const auto write = [&]() -> Result<Known> {
        SnapshotInfo info{std::string(name), Timestamp::now()};
        Writer::Pin pin = ASTEROPE_TRY(copy_index(making, store, settle));
        Known known{std::move(info), std::move(pin)};
        ASTEROPE_TRY_STATUS(write_durably(making + "/INFO", "created " + to_rfc3339(known.info.created) + "\nmark " +
                                                                std::to_string(known.pin.mark()) + "\n"));
        ASTEROPE_TRY_STATUS(kv::sync_directory(making));
        if (::rename(making.c_str(), path_of(name).c_str()) != 0) return fail_errno(errno, path_of(name));
        ASTEROPE_TRY_STATUS(kv::sync_directory(directory_));
        return known;
    };
    auto written = write();
    if (!written) {
        (void)remove_all(making);
        return Unexpected(written.error());
    }
    return known_.emplace(name, std::move(*written)).first->second.info;
}

namespace {

/// A snapshot's volume with its directory and pin.
struct Held {
    std::string directory;
    std::optional<Writer::Pin> pin{};
    std::shared_ptr<Volume> volume{};

    explicit Held(std::string path) : directory(std::move(path)) {}
    ~Held() {
        volume.reset();
        (void)remove_all(directory);  // else at the next opening
    }
};

}  // namespace

Result<std::shared_ptr<Volume>> Snapshots::hold(kv::Store& store, const Settle& settle, Volume& outside,
                                                BlobFiles& blobs) {
    const auto held = std::make_shared<Held>(path_of(".held-" + std::to_string(++held_count_)));
    held->pin.emplace(ASTEROPE_TRY(copy_index(held->directory, store, settle)));
    held->volume = ASTEROPE_TRY(SnapshotVolume::open(held->directory, outside, blobs));
    return std::shared_ptr<Volume>(held, held->volume.get());
}

Status Snapshots::drop(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto at = known_.find(name);
    if (at == known_.end()) return fail(Errc::not_found, "no snapshot of this name");
    if (!at->second.opened.expired()) return fail(Errc::busy, "the snapshot is in use");
    ASTEROPE_TRY_STATUS(remove_all(path_of(kDropping)));
    if (::rename(path_of(name).c_str(), path_of(kDropping).c_str()) != 0) return fail_errno(errno, path_of(name));
    ASTEROPE_TRY_STATUS(kv::sync_directory(directory_));
    known_.erase(at);
    return remove_all(path_of(kDropping));
}

std::vector<SnapshotInfo> Snapshots::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<SnapshotInfo> found;
    for (const auto& [name, known] : known_) found.push_back(known.info);
    return found;
}

Result<std::shared_ptr<Volume>> Snapshots::volume(std::string_view name, Volume& outside, BlobFiles& blobs) {
    const std::lock_guard lock(mutex_);
    const auto at = known_.find(name);
    if (at == known_.end()) return fail(Errc::not_found, "no snapshot of this name");
    if (auto opened = at->second.opened.lock()) return opened;
    std::shared_ptr<Volume> opened = ASTEROPE_TRY(SnapshotVolume::open(path_of(name), outside, blobs));
    at->second.opened = opened;
    return opened;
}

}  // namespace asterope::storage

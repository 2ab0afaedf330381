#include <thread>

#include "engine/core/path.h"
#include "engine/storage/check.h"
#include "engine/storage/local_volume.h"
#include "tests/crash/loop_filesystem.h"
#include "tests/crash/own_mounts.h"
#include "tests/crash/victim.h"

/// Single promises about power cuts, each at the moment that endangers it.
namespace asterope::crash {
namespace {

const std::string kOld(100'000, 'o'), kNew(100'000, 'n');

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

void put(Volume& volume, const std::string& bytes, Durability durability) {
    PutRequest request;
    request.content = volume.stage().value();
    request.content->append(bytes_of(bytes)).value();
    request.durability = durability;
    (void)volume.put(kRootNode, "f", std::move(request)).value();
}

std::unique_ptr<File> open_file(Volume& volume, bool truncate) {
    return volume.open(volume.lookup(kRootNode, "f").value().node, {.mode = OpenMode::read_write, .truncate = truncate}).value();
}

}  // namespace

/// On the filesystem that the parameter names.
class PowerCutMoment : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        ASTEROPE_NEEDS_MOUNTS();
        disk_ = std::make_unique<LoopFilesystem>(GetParam(), std::uint64_t{512} << 20);
        LocalVolume::init(store()).value();
    }
    std::string store() const { return disk_->path() + "/store"; }

    /// A process that has done `act` and waits with the store open, or without it if `act` took it.
    std::unique_ptr<Child> process(const std::function<void(std::unique_ptr<LocalVolume>&)>& act, const StoreOptions& options = {}) {
        EventLog log;
        auto child = std::make_unique<Child>([&] {
            auto volume = LocalVolume::open(store(), options).value();
            act(volume);
            log.add({.kind = Event::Kind::ready});
            ::pause();
        });
        while (child->running() && log.read().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        EXPECT_TRUE(child->running());
        return child;
    }
    void cut_power(const std::unique_ptr<Child>& child) {
        disk_->cut_power();
        child->kill();
        disk_->remount();
    }
    /// The file's bytes after everything; also checks the store.
    std::string content() {
        const auto volume = LocalVolume::open(store(), {}).value();
        EXPECT_EQ(check_store(*volume).value().problems, std::vector<std::string>{});
        if (!volume->lookup(kRootNode, "f")) return "gone";
        std::string bytes(1 << 20, '\0');
        bytes.resize(open_file(*volume, false)->read(0, std::as_writable_bytes(std::span(bytes))).value());
        return bytes;
    }
    const std::string& disk() const { return disk_->path(); }

  private:
    std::unique_ptr<LoopFilesystem> disk_;
};
INSTANTIATE_TEST_SUITE_P(PowerCut, PowerCutMoment, testing::Values("ext4", "xfs"), [](const auto& type) { return std::string(type.param); });

TEST_P(PowerCutMoment, ASyncedContentHasItsNameAlsoIfItsBytesReachedTheDiskEarlier) {
    cut_power(process([&](auto& volume) {
        PutRequest request;
        request.content = volume->stage().value();
        request.content->append(bytes_of(kNew)).value();
        const Descriptor root(::open(disk().c_str(), O_RDONLY));
        ::syncfs(root.get());
        request.durability = Durability::sync;
        (void)volume->put(kRootNode, "f", std::move(request)).value();
    }));
    EXPECT_TRUE(content() == kNew);
}

TEST_P(PowerCutMoment, ASyncIncludesWhatARecoveryTookFromADeadProcess) {
    process([](auto& volume) { put(*volume, kNew, Durability::none); })->kill();
    cut_power(process([](auto& volume) { volume->sync().value(); }));
    EXPECT_TRUE(content() == kNew);
}

TEST_P(PowerCutMoment, ASyncOfTheVolumeIncludesClosedFilesWrittenInPlace) {
    cut_power(process([](auto& volume) {
        put(*volume, kOld, Durability::sync);
        open_file(*volume, false)->write(0, bytes_of(kNew)).value();
        volume->sync().value();
    }));
    EXPECT_TRUE(content() == kNew);
}

TEST_P(PowerCutMoment, ASyncOfTheVolumeDoesNotCommitHalfAReplacement) {
    std::unique_ptr<File> file;
    cut_power(process([&](auto& volume) {
        put(*volume, kOld, Durability::sync);
        file = open_file(*volume, true);
        file->write(0, bytes_of(kNew.substr(0, 50'000))).value();
        volume->sync().value();
    }));
    EXPECT_TRUE(content() == kOld);
}

TEST_P(PowerCutMoment, AStoreThatSyncsEachChangeKeepsWhatWasAnsweredLast) {
    const StoreOptions options{.durability = StoreDurability::sync};
    cut_power(process([](auto& volume) { put(*volume, kNew, Durability::none); }, options));
    EXPECT_TRUE(content() == kNew);
    cut_power(process([](auto& volume) { open_file(*volume, true)->write(0, bytes_of(kOld)).value(); }, options));
    EXPECT_TRUE(content() == kOld);
    cut_power(process([](auto& volume) { volume->unlink(kRootNode, "f").value(); }, options));
    EXPECT_EQ(content(), "gone");
}

TEST_P(PowerCutMoment, ADroppedBlobDoesNotComeBack) {
    cut_power(process([](auto& volume) {
        put(*volume, kOld, Durability::sync);
        volume->unlink(kRootNode, "f").value();
        volume->sync().value();
        volume.reset();
    }));
    EXPECT_EQ(content(), "gone");
}

}  // namespace asterope::crash

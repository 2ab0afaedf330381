#include "engine/storage/scrub.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "tests/storage/temporary_store.h"
#include "tests/storage/volume_text.h"

namespace asterope {
namespace {

using namespace std::chrono_literals;

ScrubReport scrubbed(LocalVolume& volume, const ScrubOptions& options = {}) {
    auto report = scrub(volume.background_rooms(), options);
    EXPECT_TRUE(report) << report.error().text();
    return report ? *std::move(report) : ScrubReport{};
}

std::string blob_path(TemporaryStore& store, std::string_view name) {
    const auto node = store.volume().lookup(kRootNode, name)->node;
    const BlobId blob = storage::View(*store.volume().snapshot()).node(node)->blob;
    char text[20];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(raw(blob)));
    const std::string hex = text;
    return store.path() + "/blobs/" + hex.substr(14) + "/" + hex;
}

void flip_byte(const std::string& path, std::streamoff offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(offset);
    file.put(byte);
    ASSERT_TRUE(file.good()) << path;
}

/// A store with the blobs a, b and c, whose checksums are known.
class Scrub : public testing::Test {
  protected:
    Scrub() {
        for (const char name : {'a', 'b', 'c'}) put(store_.volume(), std::string(1, name), large(name));
        EXPECT_TRUE(store_.volume().sync());
        store_.reopen();
        scrubbed(store_.volume());
    }
    TemporaryStore store_;
};

TEST_F(Scrub, ComputesWhatIsMissingAndThenVerifiesIt) {
    put(store_.volume(), "d", large('d'));
    const ScrubReport first = scrubbed(store_.volume());
    EXPECT_EQ(first.files, 4u);
    EXPECT_EQ(first.bytes, 400'000u);
    EXPECT_TRUE(*store_.volume().checksum(store_.volume().lookup(kRootNode, "d")->node));
    const ScrubReport second = scrubbed(store_.volume());
    EXPECT_EQ(second.files, 4u);
    EXPECT_EQ(second.computed, 0u);
    EXPECT_EQ(second.damaged_count, 0u);
}

TEST_F(Scrub, NamesAFileInWhichOneBitIsNotWhatWasWritten) {
    flip_byte(blob_path(store_, "b"), 70'000);
    const ScrubReport report = scrubbed(store_.volume());
    ASSERT_EQ(report.damaged.size(), 1u);
    EXPECT_EQ(report.damaged[0].key, "b");
    EXPECT_NE(report.damaged[0].what.find("checksum"), std::string::npos) << report.damaged[0].what;
    EXPECT_EQ(report.files, 2u);
}

TEST_F(Scrub, NamesAFileThatIsMissingOrTooShort) {
    ASSERT_TRUE(boost::filesystem::remove(blob_path(store_, "a")));
    boost::filesystem::resize_file(blob_path(store_, "c"), 50'000);
    const ScrubReport report = scrubbed(store_.volume());
    ASSERT_EQ(report.damaged.size(), 2u);
    EXPECT_NE(report.damaged[0].what.find("missing"), std::string::npos) << report.damaged[0].what;
    EXPECT_NE(report.damaged[1].what.find("50000 bytes, not 100000"), std::string::npos) << report.damaged[1].what;
}

TEST_F(Scrub, SkipsWhatIsBeingWritten) {
    const auto file = store_.volume().open(store_.volume().lookup(kRootNode, "b")->node, {.mode = OpenMode::read_write}).value();
    ASSERT_TRUE(file->write(10, std::as_bytes(std::span("new", 3))));
    const ScrubReport report = scrubbed(store_.volume());
    EXPECT_EQ(report.skipped, 1u);
    EXPECT_EQ(report.files, 2u);
    EXPECT_EQ(report.damaged_count, 0u);
}

TEST_F(Scrub, OfFilesThatAreWrittenMeanwhileFindsNoDamage) {
    std::jthread writer([&](const std::stop_token& stop) {
        for (std::size_t i = 0; !stop.stop_requested(); ++i) {
            const std::string name(1, static_cast<char>('a' + i % 3));
            if (i % 2 == 0) {
                put(store_.volume(), name, large(static_cast<char>('A' + i % 26)));
            } else {
                const auto file = store_.volume().open(store_.volume().lookup(kRootNode, name)->node, {.mode = OpenMode::read_write}).value();
                EXPECT_TRUE(file->write(i % 90'000, std::as_bytes(std::span("in place", 8))));
            }
        }
    });
    for (int i = 0; i < 100; ++i) EXPECT_EQ(scrubbed(store_.volume()).damaged_count, 0u);
}

TEST_F(Scrub, EndsWhenItIsToldTo) {
    std::stop_source stop;
    stop.request_stop();
    ScrubOptions options{.bytes_per_second = 1};
    options.watch.stop = stop.get_token();
    const auto report = scrub(store_.volume().background_rooms(), options);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Errc::interrupted);
}

TEST_F(Scrub, GoesOnWhereItWas) {
    const ScrubReport first = scrubbed(store_.volume(), {.files_max = 2});
    EXPECT_EQ(first.files, 2u);
    const ScrubReport second = scrubbed(store_.volume(), {.after = first.last, .files_max = 2});
    EXPECT_EQ(second.files, 1u);
    EXPECT_EQ(raw(second.last), 0u) << "the end";
}

TEST_F(Scrub, InTheBackgroundLogsDamage) {
    flip_byte(blob_path(store_, "b"), 1);
    store_.close();
    std::mutex mutex;
    std::string lines;
    StoreOptions options{.scrub_every = 24h};
    options.log = [&](std::string_view line) {
        const std::lock_guard lock(mutex);
        lines.append(line).append("\n");
    };
    const auto said = [&] {
        const std::lock_guard lock(mutex);
        return lines;
    };
    const auto volume = LocalVolume::open(store_.path(), options).value();
    for (int i = 0; i < 1200 && said().find("2 files with 200000 bytes") == std::string::npos; ++i) std::this_thread::sleep_for(50ms);
    EXPECT_NE(said().find("'b' is damaged"), std::string::npos) << said();
    EXPECT_NE(said().find("2 files with 200000 bytes are as they were written, 1 are damaged"), std::string::npos) << said();
}

}  // namespace
}  // namespace asterope

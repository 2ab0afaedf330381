#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <random>

#include "engine/core/path.h"
#include "query/parser.h"
#include "tests/fs/model_volume.h"
#include "tests/storage/temporary_store.h"

namespace asterope {
namespace {

void write_file(Volume& volume, NodeId node, std::string_view bytes, bool truncate = true) {
    const auto file = volume.open(node, {.mode = OpenMode::read_write, .truncate = truncate});
    ASSERT_TRUE(file) << file.error().text();
    const Status written = (*file)->write(0, std::as_bytes(std::span(bytes)));
    ASSERT_TRUE(written) << written.error().text();
}

std::string read_file(Volume& volume, NodeId node) {
    const auto file = volume.open(node, {});
    if (!file) return "[" + file.error().text() + "]";
    std::string bytes(1 << 20, '\0');
    const auto size = (*file)->read(0, std::as_writable_bytes(std::span(bytes)));
    if (!size) return "[" + size.error().text() + "]";
    bytes.resize(*size);
    return bytes;
}

/// Every key below `dir` with type, content and document, in order of the names.
void describe(Volume& volume, NodeId dir, const std::string& prefix, std::string& out) {
    auto entries = volume.list(dir, 0, 1'000'000);
    ASSERT_TRUE(entries) << entries.error().text();
    std::sort(entries->begin(), entries->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const DirEntry& entry : *entries) {
        const Attr attr = volume.getattr(entry.node).value();
        out += prefix + entry.name + " " + name_of(entry.type) + " links " + std::to_string(attr.nlink);
        if (entry.type == NodeType::file) out += " '" + read_file(volume, entry.node) + "'";
        const Document document = volume.document(entry.node).value();
        for (const auto& [name, value] : document) out += " " + name + "=" + to_xattr_bytes(value);
        out += "\n";
        if (entry.type == NodeType::directory) describe(volume, entry.node, prefix + entry.name + "/", out);
    }
}

std::string description(Volume& volume) {
    std::string out;
    describe(volume, kRootNode, "", out);
    return out;
}

/// Random changes of a small tree, the same on each volume that is given the same seed.
class RandomChanges {
  public:
    explicit RandomChanges(std::uint64_t seed) : random_(seed) {}

    /// Returns "operation: outcome".
    std::string step(Volume& volume) {
        const std::string one = key(), other = key();
        switch (pick(9)) {
            case 0: return "mkdir " + one + word(make(volume, one, NodeType::directory));
            case 1:
            case 2: return "create " + one + word(make(volume, one, NodeType::file));
            case 3: return "unlink " + one + word(at(volume, one, [&](auto& p) { return volume.unlink(p.dir, p.name); }));
            case 4: return "rmdir " + one + word(at(volume, one, [&](auto& p) { return volume.rmdir(p.dir, p.name); }));
            case 5: return "rename " + one + " " + other + word(rename(volume, one, other));
            case 6: return "link " + one + " " + other + word(link(volume, one, other));
            case 7: return "write " + one + word(write(volume, one));
            default: return "field " + one + word(set_field(volume, one));
        }
    }

  private:
    std::size_t pick(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }
    std::string key() {
        std::string key(1, static_cast<char>('a' + pick(3)));
        while (pick(2) == 0 && key.size() < 6) key += std::string("/") + static_cast<char>('a' + pick(3));
        return key;
    }
    static std::string word(const Status& status) {
        return status ? ": ok" : ": " + std::string(name_of(status.error().code));
    }
    template <class Do>
    static Status at(Volume& volume, const std::string& key, Do&& action) {
        const Place place = ASTEROPE_TRY(resolve_parent(volume, key));
        return action(place);
    }
    Status make(Volume& volume, const std::string& key, NodeType type) {
        NewNode what{.type = type, .mode = 0755};
        if (pick(2) == 0) what.document = {{"kind", Value(static_cast<int>(pick(5)))}};
        return at(volume, key, [&](auto& place) -> Status {
            ASTEROPE_TRY(volume.create(place.dir, place.name, what));
            return {};
        });
    }
    Status rename(Volume& volume, const std::string& from, const std::string& to) {
        const auto mode = static_cast<RenameMode>(pick(3));
        return at(volume, from, [&](auto& source) -> Status {
            const Place target = ASTEROPE_TRY(resolve_parent(volume, to));
            return volume.rename({source.dir, source.name}, {target.dir, target.name}, mode);
        });
    }
    Status link(Volume& volume, const std::string& from, const std::string& to) {
        const Attr attr = ASTEROPE_TRY(resolve(volume, from));
        return at(volume, to, [&](auto& place) -> Status {
            ASTEROPE_TRY(volume.link(attr.node, place.dir, place.name));
            return {};
        });
    }
    Status write(Volume& volume, const std::string& key) {
        const std::string bytes(pick(3) == 0 ? 20'000 + pick(1000) : pick(300), static_cast<char>('A' + pick(26)));
        const bool truncate = pick(2) == 0;
        const Attr attr = ASTEROPE_TRY(resolve(volume, key));
        const auto file = ASTEROPE_TRY(volume.open(attr.node, {.mode = OpenMode::read_write, .truncate = truncate}));
        ASTEROPE_TRY_STATUS(file->write(0, std::as_bytes(std::span(bytes))));
        return file->commit(Durability::none);
    }
    Status set_field(Volume& volume, const std::string& key) {
        const std::size_t value = pick(6);
        const FieldChange change{"kind", value == 5 ? std::nullopt : std::optional(Value(std::to_string(value)))};
        return volume.change_document(ASTEROPE_TRY(resolve(volume, key)).node, {change}, SetMode::any, std::nullopt);
    }
    std::mt19937_64 random_;
};

std::uint64_t test_seed() {
    const char* const given = std::getenv("ASTEROPE_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : 20240115;
}

}  // namespace

TEST(LocalVolume, RandomHistoriesEqualTheReferenceAndSurviveReopening) {
    const std::uint64_t seed = test_seed();
    std::printf("seed %llu (ASTEROPE_SEED)\n", static_cast<unsigned long long>(seed));
    TemporaryStore store;
    ModelVolume model;
    RandomChanges here(seed), there(seed);
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 600; ++i) ASSERT_EQ(here.step(store.volume()), there.step(model)) << round << " " << i;
        ASSERT_EQ(description(store.volume()), description(model)) << "round " << round;
        ASSERT_EQ(problems(store.volume()), "") << "round " << round;
        store.reopen();
        ASSERT_EQ(description(store.volume()), description(model)) << "reopened after round " << round;
        const auto query = query::parse_expression("kind >= 2").value();
        ASSERT_EQ(store.volume().count(query, {}).value(), model.count(query, {}).value()) << "round " << round;
    }
}

TEST(LocalVolume, ACopyTakenWhileOpenIsWhatAKilledProcessLeaves) {
    TemporaryStore store;
    const Attr small = store.volume().create(kRootNode, "small", {.document = {{"Modality", "CT"}}}).value();
    const Attr large = store.volume().create(kRootNode, "large", {}).value();
    write_file(store.volume(), small.node, "few bytes");
    write_file(store.volume(), large.node, std::string(100'000, 'x'));
    const std::string expected = description(store.volume());
    const std::string copy = store.path() + "-copy";
    ASSERT_EQ(std::system(("cp -a '" + store.path() + "' '" + copy + "'").c_str()), 0);
    const auto recovered = TemporaryStore::open_at(copy);
    EXPECT_EQ(description(*recovered), expected);
    EXPECT_EQ(problems(*recovered), "");
}

TEST(LocalVolume, AnUnlinkedOpenFileIsReadableUntilItIsClosedAndThenLeavesNothing) {
    TemporaryStore store;
    Volume& volume = store.volume();
    const Attr attr = volume.create(kRootNode, "f", {}).value();
    write_file(volume, attr.node, std::string(50'000, 'y'));
    {
        const auto file = volume.open(attr.node, {}).value();
        ASSERT_TRUE(volume.unlink(kRootNode, "f"));
        std::string bytes(50'000, '\0');
        EXPECT_EQ(file->read(0, std::as_writable_bytes(std::span(bytes))).value(), 50'000u);
        EXPECT_EQ(bytes, std::string(50'000, 'y'));
    }
    EXPECT_EQ(volume.getattr(attr.node).error().code, Errc::not_found);
    store.reopen();
    EXPECT_EQ(problems(store.volume()), "");
}

TEST(LocalVolume, ASecondOpenerIsToldThatTheStoreIsInUse) {
    TemporaryStore store;
    const auto second = LocalVolume::open(store.path(), {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::busy);
}

TEST(LocalVolume, WhatIsNoStoreOrANewerOneIsRefusedAndLeftAlone) {
    TemporaryStore store;
    store.close();
    EXPECT_EQ(LocalVolume::open("/nonexistent/store", {}).error().code, Errc::not_found);
    const std::string empty = store.path() + "-empty";
    ::mkdir(empty.c_str(), 0700);
    EXPECT_EQ(LocalVolume::open(empty, {}).error().code, Errc::format);
    EXPECT_TRUE(boost::filesystem::is_empty(empty)) << "nothing is written into what is no store";
    std::ofstream(store.path() + "/FORMAT") << "asterope 2\nuuid x\n";
    const auto newer = LocalVolume::open(store.path(), {});
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, Errc::format);
    EXPECT_NE(newer.error().message.find("format 2"), std::string::npos) << newer.error().message;
}

TEST(LocalVolume, AMissingBlobIsAnErrorOfThatFileAlone) {
    TemporaryStore store;
    const Attr lost = store.volume().create(kRootNode, "lost", {}).value();
    const Attr kept = store.volume().create(kRootNode, "kept", {}).value();
    write_file(store.volume(), lost.node, std::string(20'000, 'l'));
    write_file(store.volume(), kept.node, std::string(30'000, 'k'));
    store.reopen();
    Volume& volume = store.volume();
    const auto blobs = store.volume().blob_files().list().value();
    for (const auto& [blob, bytes] : blobs)
        if (bytes == 20'000) {
            const std::string name = [id = raw(blob)] {
                char text[20];
                std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(id));
                return std::string(text);
            }();
            ASSERT_TRUE(boost::filesystem::remove(store.path() + "/blobs/" + name.substr(14) + "/" + name));
        }
    EXPECT_EQ(volume.open(lost.node, {}).error().to_errno(), EIO);
    EXPECT_EQ(read_file(volume, kept.node), std::string(30'000, 'k'));
    EXPECT_NE(problems(store.volume()).find("is missing"), std::string::npos);
}

TEST(LocalVolume, AFailedPutChangesNothing) {
    TemporaryStore store;
    Volume& volume = store.volume();
    PutRequest first{.document = Document{{"a", 1}}};
    const Attr attr = volume.put(kRootNode, "f", std::move(first)).value();
    PutRequest stale{.document = Document{{"a", 2}}, .if_version = attr.version + 7};
    EXPECT_EQ(volume.put(kRootNode, "f", std::move(stale)).error().code, Errc::conflict);
    EXPECT_EQ(*volume.document(attr.node).value().find("a"), Value(1));
}

}  // namespace asterope

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>
#include <random>

#include "client/command/export.h"
#include "client/command/import.h"
#include "engine/core/path.h"
#include "query/parser.h"
#include "tests/seed.h"
#include "tests/storage/temporary_store.h"
#include "tests/storage/volume_text.h"
#include "tests/storage/whole_volume.h"

namespace asterope::command {
namespace {

namespace filesystem = boost::filesystem;

/// Names, values and files of every kind.
class RandomTree {
  public:
    explicit RandomTree(std::uint64_t start) : random_(start) {}

    void fill(Volume& volume, int count) {
        std::vector<NodeId> directories{kRootNode};
        std::vector<NodeId> files;
        for (int i = 0; i < count; ++i) {
            const NodeId dir = directories[below(directories.size())];
            const std::string name = a_name();
            if (volume.lookup(dir, name)) continue;
            if (below(6) == 0 && !files.empty()) {
                ASSERT_TRUE(volume.link(files[below(files.size())], dir, name));
                continue;
            }
            const NodeId node = make(volume, dir, name);
            if (volume.getattr(node)->type == NodeType::directory)
                directories.push_back(node);
            else
                files.push_back(node);
        }
        for (const NodeId node : files) decorate(volume, node);
        for (auto dir = directories.rbegin(); dir != directories.rend(); ++dir) decorate(volume, *dir);
    }

    std::string bytes(std::size_t size) {
        std::string text(size, '\0');
        for (char& c : text) c = static_cast<char>(random_());
        return text;
    }
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  private:
    std::string a_name() {
        switch (below(8)) {
            case 0: return "a";
            case 1: return "a.meta.json";
            case 2: return ".meta.json";
            case 3: return std::string(240 + below(16), static_cast<char>('a' + below(3)));
            case 4: return "x~0123456789abcdef0123456789abcdef";
            case 5: return "\xff\n name " + std::to_string(below(9));
            case 6: return "a.meta.json.meta.json";
            default: return "f" + std::to_string(below(1000));
        }
    }

    NodeId make(Volume& volume, NodeId dir, const std::string& name) {
        constexpr NodeType kOthers[] = {NodeType::fifo, NodeType::socket, NodeType::char_device, NodeType::block_device};
        NewNode what;
        switch (below(8)) {
            case 0: case 1: what.type = NodeType::directory; break;
            case 2: what.type = NodeType::symlink; what.target = bytes(1 + below(50)); break;
            case 3: what.type = kOthers[below(::geteuid() == 0 ? 4 : 2)]; what.rdev = static_cast<std::uint32_t>(below(1000)); break;
            default: return make_file(volume, dir, name);
        }
        std::replace(what.target.begin(), what.target.end(), '\0', '/');
        if (what.type != NodeType::char_device && what.type != NodeType::block_device) what.rdev = 0;
        return volume.create(dir, name, what).value().node;
    }

    NodeId make_file(Volume& volume, NodeId dir, const std::string& name) {
        PutRequest request;
        request.content = volume.stage().value();
        constexpr std::size_t kSizes[] = {0, 1, 100, 8192, 8193, 300'000};
        const std::string content = bytes(kSizes[below(6)]);
        EXPECT_TRUE(request.content->append(std::as_bytes(std::span(content))));
        return volume.put(dir, name, std::move(request)).value().node;
    }

    void decorate(Volume& volume, NodeId node) {
        std::vector<FieldChange> changes;
        for (std::size_t i = below(5); i > 0; --i) changes.push_back({field_name(), value()});
        EXPECT_EQ(outcome(volume.change_document(node, changes)), "ok");
        if (below(4) == 0) {
            EXPECT_EQ(outcome(volume.set_attribute(node, "trusted." + std::to_string(below(3)), bytes(20), SetMode::any)), "ok");
        }
        AttrChange change;
        const bool link = volume.getattr(node)->type == NodeType::symlink;
        if (!link) change.mode = static_cast<std::uint32_t>(below(010000));
        if (::geteuid() == 0) change.uid = static_cast<std::uint32_t>(below(70000)), change.gid = static_cast<std::uint32_t>(below(70000));
        else change.uid = ::geteuid(), change.gid = ::getegid();
        if (link) change.mode = 0777;
        change.atime = time();
        change.mtime = time();
        EXPECT_EQ(outcome(volume.setattr(node, change)), "ok");
    }

    Timestamp time() { return {static_cast<std::int64_t>(below(2'000'000'000)), static_cast<std::uint32_t>(below(1'000'000'000))}; }

    std::string field_name() {
        constexpr const char* kNames[] = {"Modality", "a.b", "asterope", "document", "$text", "$name:x", "\xff", "name", "with space"};
        return kNames[below(9)] + (below(2) == 0 ? std::string() : std::to_string(below(3)));
    }

    Value value() {
        if (below(5) != 0) return scalar();
        Array array;
        for (std::size_t i = below(4); i > 0; --i) array.push_back(scalar());
        return array;
    }
    Value scalar() {
        switch (below(11)) {
            case 0: return Null{};
            case 1: return below(2) == 0;
            case 2: return static_cast<std::int64_t>(random_());
            case 3: return random_();
            case 4: return static_cast<double>(random_()) / 3e5;
            case 5: return -0.0;
            case 6: return Timestamp{static_cast<std::int64_t>(random_() >> below(64)), static_cast<std::uint32_t>(below(1'000'000'000))};
            case 7: return Binary{bytes(below(20))};
            case 8: return bytes(1 + below(20));
            case 9: return 2.0;
            default: return "text " + std::to_string(below(100));
        }
    }

    std::mt19937_64 random_;
};

class Transfer : public testing::Test {
  protected:
    ~Transfer() override {
        boost::system::error_code ignored;
        filesystem::remove_all(directory_, ignored);
    }
    std::string exported(Volume& volume, const std::optional<query::Query>& query = {}) {
        Export work(volume, directory_);
        EXPECT_EQ(work.run(query), 0);
        return to_text(work.report(), false);
    }
    std::string imported(Volume& volume) {
        Import work(volume);
        EXPECT_EQ(work.run(directory_), 0);
        return to_text(work.report(), false);
    }
    /// Every path in the directory.
    std::string paths() const {
        std::string text;
        std::vector<std::string> found;
        for (const auto& entry : filesystem::recursive_directory_iterator(directory_))
            found.push_back(entry.path().string().substr(directory_.size() + 1));
        std::sort(found.begin(), found.end());
        for (const std::string& path : found) text += path + " ";
        return text;
    }

    TemporaryStore from_, to_;
    const std::string directory_ =
        filesystem::unique_path(filesystem::temp_directory_path() / "asterope-export-%%%%%%%%").string();
};

TEST_F(Transfer, ImportOfAnExportIsTheSameVolume) {
    const std::uint64_t seed = seed_of_test();
    for (int round = 0; round < 5; ++round) {
        RandomTree(seed + static_cast<std::uint64_t>(round)).fill(from_.volume(), 200);
        filesystem::remove_all(directory_);  // reading the symbolic links in it has changed their times
        exported(from_.volume());
        TemporaryStore to;
        imported(to.volume());
        ASSERT_EQ(whole(to.volume()), whole(from_.volume())) << "round " << round;
        ASSERT_EQ(problems(to.volume()), "");
    }
}

TEST_F(Transfer, WhatIsThereIsNotTransferredAgain) {
    put(from_.volume(), "a", "text", {{"kind", "a"}});
    put(from_.volume(), "b", large('b'));
    EXPECT_EQ(exported(from_.volume()), "2 files (97.7 KiB), 0 directories, 0 others; 0 of them were there already");
    EXPECT_EQ(exported(from_.volume()), "2 files (0 B), 0 directories, 0 others; 2 of them were there already");
    EXPECT_EQ(imported(to_.volume()), "2 files (97.7 KiB), 0 directories, 0 others; 0 of them were there already");
    EXPECT_EQ(imported(to_.volume()), "2 files (0 B), 0 directories, 0 others; 2 of them were there already");
    put(from_.volume(), "a", "other", {{"kind", "b"}});
    exported(from_.volume());
    EXPECT_EQ(imported(to_.volume()), "2 files (5 B), 0 directories, 0 others; 1 of them were there already");
    EXPECT_EQ(whole(to_.volume()), whole(from_.volume()));
    EXPECT_EQ(count(to_.volume(), "kind = b"), 1u);
}

TEST_F(Transfer, AQueryExportsItsResultsWithTheDirectoriesAboveThem) {
    const NodeId dir = make_directories(from_.volume(), "study/deep", {.type = NodeType::directory, .mode = 0750}).value().node;
    make_directories(from_.volume(), "empty", {.type = NodeType::directory}).value();
    put(from_.volume(), "CT", "1", {{"Modality", "CT"}});
    put(from_.volume(), "MR", "2", {{"Modality", "MR"}});
    NewNode what;
    what.document = {{"Modality", "CT"}};
    from_.volume().create(dir, "other", what).value();
    exported(from_.volume(), query::parse_expression("Modality = 'CT'").value());
    EXPECT_EQ(paths(), "CT CT.meta.json study study/deep study/deep/other study/deep/other.meta.json ");
    struct stat status {};
    ASSERT_EQ(::stat((directory_ + "/study/deep").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0750u);
}

TEST_F(Transfer, ForeignJsonBesideAFileIsAFile) {
    filesystem::create_directory(directory_);
    filesystem::save_string_file(directory_ + "/a", "text");
    filesystem::save_string_file(directory_ + "/a.meta.json", "{\"mine\": true}");
    filesystem::save_string_file(directory_ + "/alone.meta.json", "{\"asterope\":1}");
    filesystem::save_string_file(directory_ + "/b", "text");
    filesystem::save_string_file(directory_ + "/b.meta.json", "{\"asterope\": 1, \"document\": {\"study\": {\"date\": \"2024\"}, \"n\": 2}}");
    imported(to_.volume());
    EXPECT_EQ(get(to_.volume(), "a.meta.json"), "{\"mine\": true}");
    EXPECT_EQ(get(to_.volume(), "b.meta.json"), "-");
    EXPECT_EQ(get(to_.volume(), "alone.meta.json"), "{\"asterope\":1}");
    EXPECT_EQ(to_json(to_.volume().document(to_.volume().lookup(kRootNode, "b")->node).value()), R"({"n":2,"study.date":"2024"})");
}

TEST_F(Transfer, MoreFilesThanOneBatchTakesArriveAll) {
    filesystem::create_directories(directory_ + "/many");
    for (int i = 0; i < 2500; ++i) filesystem::save_string_file(directory_ + "/many/" + std::to_string(i), std::to_string(i));
    EXPECT_EQ(imported(to_.volume()), "2500 files (8.7 KiB), 1 directories, 0 others; 0 of them were there already");
    EXPECT_EQ(to_.volume().space()->node_count, 2502u);
    EXPECT_EQ(problems(to_.volume()), "");
}

TEST_F(Transfer, AFileThatCannotBeReadDoesNotKeepTheOthers) {
    filesystem::create_directory(directory_);
    filesystem::save_string_file(directory_ + "/a", "text");
    filesystem::save_string_file(directory_ + "/z", "text");
    put(to_.volume(), "a", "old");
    make_directories(to_.volume(), "z", {.type = NodeType::directory}).value();
    testing::internal::CaptureStderr();
    Import work(to_.volume());
    EXPECT_NE(work.run(directory_), 0);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("a directory is where"), std::string::npos);
    EXPECT_EQ(work.report().errors, 1u);
    EXPECT_EQ(get(to_.volume(), "a"), "text");
}

TEST(Sidecar, NoNameIsInTheWayOfAnothersSidecar) {
    const std::string names[] = {"a", "a.meta.json", "a.meta.json.meta.json", ".meta.json", std::string(255, 'x'),
                                 exported_name(std::string(255, 'x')), exported_name("a.meta.json"), std::string(245, 'x'), std::string(246, 'x')};
    std::vector<std::string> taken;
    for (const std::string& name : names) {
        taken.push_back(exported_name(name));
        taken.push_back(sidecar_name(exported_name(name)));
        EXPECT_LE(taken.back().size(), 255u);
    }
    std::sort(taken.begin(), taken.end());
    EXPECT_EQ(std::adjacent_find(taken.begin(), taken.end()), taken.end());
    EXPECT_EQ(exported_name("ct-001.dcm"), "ct-001.dcm");
}

}  // namespace
}  // namespace asterope::command

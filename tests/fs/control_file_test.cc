#include <array>

#include "tests/fs/fs_fixture.h"

namespace asterope::fs {
namespace {

class ControlFileTest : public FsTest {
  protected:
    void SetUp() override {
        const NodeId dir = mkdir(kRootNode, "d");
        for (const char* name : {"one", "two", "three"}) set(mkfile(dir, name), "user.a", "1");
        set(at("d/one"), "user.note", "x, \"y\"\nz");
        set(at("d/two"), "user.b", "2");
    }
};

}  // namespace

TEST_F(ControlFileTest, AreFoundByNameAndNotListed) {
    EXPECT_EQ(list(root_caller(), at("query/a=1")), "d%2Fone d%2Fthree d%2Ftwo");
    for (const char* name : {".count", ".explain", ".json", ".csv", ".paths0"}) {
        const auto entry = find(root_caller(), std::string("query/a=1/") + name);
        ASSERT_EQ(outcome(entry), "ok") << name;
        EXPECT_EQ(entry->attr.type, NodeType::file);
        EXPECT_EQ(entry->attr.mode, 0444u);
        const auto opened = fs.open(root_caller(), entry->attr.node, O_RDONLY);
        ASSERT_EQ(outcome(opened), "ok");
        EXPECT_TRUE(opened->direct_io);
        fs.release(opened->handle);
    }
    EXPECT_EQ(outcome(find(root_caller(), "query/a=1/.nonsense")), "not_found");
    EXPECT_EQ(outcome(find(root_caller(), "query/.count")), "not_found");
}

TEST_F(ControlFileTest, SayWhatTheyShould) {
    EXPECT_EQ(read(root_caller(), at("query/a=1/.count")), "3\n");
    EXPECT_EQ(read(root_caller(), at("query/a=1/b=2/.count")), "1\n");
    EXPECT_EQ(*fs.getxattr(root_caller(), at("query/a=1"), "user.asterope.count"), "3");
    EXPECT_NE(read(root_caller(), at("query/a=1/.explain")), "");
    EXPECT_EQ(read(root_caller(), at("query/a=1/.json")),
              "{\"key\":\"d/one\",\"document\":{\"a\":\"1\",\"note\":\"x, \\\"y\\\"\\nz\"}}\n"
              "{\"key\":\"d/three\",\"document\":{\"a\":\"1\"}}\n"
              "{\"key\":\"d/two\",\"document\":{\"a\":\"1\",\"b\":\"2\"}}\n");
    EXPECT_EQ(read(root_caller(), at("query/a=1/.csv")),
              "key,a,b,note\nd/one,1,,\"x, \"\"y\"\"\nz\"\nd/three,1,,\nd/two,1,2,\n");
    EXPECT_EQ(read(root_caller(), at("query/a=1/.paths0")), std::string("d/one\0d/three\0d/two\0", 20));
    FileSystem mounted(volume, {.mountpoint = "/mnt/x"});
    const NodeId results = mounted.lookup(root_caller(), kQueryRoot, "b=2")->attr.node;
    const NodeId paths = mounted.lookup(root_caller(), results, ".paths0")->attr.node;
    const auto opened = mounted.open(root_caller(), paths, O_RDONLY);
    std::array<std::byte, 100> buffer;
    EXPECT_EQ(mounted.read(root_caller(), opened->handle, 0, buffer).value_or(0), 13u);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(buffer.data()), 13),
              std::string("/mnt/x/d/two\0", 13));
}

TEST_F(ControlFileTest, ReadTheSameInPiecesOfAnySizeAndFromAnyOffset) {
    for (int i = 0; i < 1500; ++i) {
        ASSERT_EQ(
            outcome(volume.create(kRootNode, "f" + std::to_string(10000 + i), {.document = {{"a", "1"}}})),
            "ok");
    }
    for (const char* name : {"query/a=1/.json", "query/a=1/.csv", "query/a=1/.paths0"}) {
        const std::string whole = read(root_caller(), at(name), 1u << 20);
        EXPECT_EQ(read(root_caller(), at(name), 777), whole);
        const auto opened = fs.open(root_caller(), at(name), O_RDONLY);
        ASSERT_EQ(outcome(opened), "ok");
        for (const std::size_t offset :
             {std::size_t{5000}, std::size_t{0}, whole.size() - 10, std::size_t{1}, whole.size()}) {
            std::string buffer(20, '?');
            const auto got = fs.read(root_caller(), opened->handle, offset,
                                     std::as_writable_bytes(std::span(buffer.data(), buffer.size())));
            ASSERT_EQ(outcome(got), "ok");
            EXPECT_EQ(buffer.substr(0, *got), whole.substr(offset, 20)) << name << " at " << offset;
        }
        fs.release(opened->handle);
    }
}

TEST_F(ControlFileTest, AnInterruptedReadIsAnsweredSoAndCanBeRepeated) {
    std::stop_source stopped;
    stopped.request_stop();
    Caller interrupted = root_caller();
    interrupted.stop = stopped.get_token();
    const auto opened = fs.open(root_caller(), at("query/a=1/.json"), O_RDONLY);
    std::array<std::byte, 10> buffer;
    EXPECT_EQ(outcome(fs.read(interrupted, opened->handle, 0, buffer)), "interrupted");
    EXPECT_EQ(fs.read(root_caller(), opened->handle, 0, buffer).value_or(0), 10u);
    fs.release(opened->handle);
}

}  // namespace asterope::fs

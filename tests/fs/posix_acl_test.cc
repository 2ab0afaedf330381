#include "fs/posix_acl.h"

#include <array>

#include "tests/fs/fs_fixture.h"

namespace asterope::fs {
namespace {

/// "u::rwx,u:7:r--,g::r-x,m::r-x,o::---" as the kernel writes it: tag, permissions, id.
std::string acl_of(const std::vector<std::array<unsigned, 3>>& entries) {
    std::string bytes("\2\0\0\0", 4);
    for (const auto& [tag, perm, id] : entries) {
        for (const unsigned value :
             {tag & 255, tag >> 8, perm, 0u, id & 255, id >> 8 & 255, id >> 16 & 255, id >> 24}) {
            bytes.push_back(static_cast<char>(value));
        }
    }
    return bytes;
}

constexpr unsigned kNone = 0xffffffff;
const std::string kMinimal = acl_of({{1, 7, kNone}, {4, 5, kNone}, {32, 4, kNone}});
const std::string kNamed =
    acl_of({{1, 7, kNone}, {2, 6, 7}, {4, 5, kNone}, {8, 6, 70}, {16, 4, kNone}, {32, 0, kNone}});

using PosixAclInFs = FsTest;

}  // namespace

TEST(PosixAcl, ComesBackByteForByte) {
    for (const auto& bytes : {kMinimal, kNamed}) EXPECT_EQ(PosixAcl::parse(bytes)->to_attribute(), bytes);
}

TEST(PosixAcl, ThatIsDamagedIsRefused) {
    EXPECT_FALSE(PosixAcl::parse(""));
    EXPECT_FALSE(PosixAcl::parse(std::string("\1\0\0\0", 4)));
    for (std::size_t size = 0; size < kNamed.size(); ++size) {
        EXPECT_FALSE(PosixAcl::parse(kNamed.substr(0, size))) << size;
    }
    EXPECT_FALSE(PosixAcl::parse(acl_of({{1, 9, kNone}, {4, 5, kNone}, {32, 4, kNone}})));
}

TEST(PosixAcl, ShowsTheMaskAsTheGroupBits) {
    EXPECT_EQ(PosixAcl::parse(kMinimal)->mode(), 0754u);
    EXPECT_EQ(PosixAcl::parse(kNamed)->mode(), 0740u);
    EXPECT_TRUE(PosixAcl::parse(kMinimal)->is_minimal());
    EXPECT_FALSE(PosixAcl::parse(kNamed)->is_minimal());
}

TEST(PosixAcl, GrantsAsTheKernelWould) {
    const PosixAcl acl = *PosixAcl::parse(kNamed);
    EXPECT_TRUE(acl.allows(user(1, 1), 1, 10, 7)) << "the owner";
    EXPECT_TRUE(acl.allows(user(7, 1), 1, 10, 4)) << "a named user, within the mask";
    EXPECT_FALSE(acl.allows(user(7, 1), 1, 10, 2)) << "beyond the mask";
    EXPECT_TRUE(acl.allows(user(8, 10), 1, 10, 4)) << "the owning group";
    EXPECT_TRUE(acl.allows(user(8, 1, {70}), 1, 10, 4)) << "a named group, as a supplementary one";
    EXPECT_FALSE(acl.allows(user(8, 1), 1, 10, 4)) << "others";
}

TEST_F(PosixAclInFs, SettingAListSetsTheMode) {
    const NodeId file = mkfile(kRootNode, "f");
    set(file, kAccessAcl, kNamed);
    EXPECT_EQ(fs.getattr(root_caller(), file)->attr.mode, 0740u);
    EXPECT_EQ(*fs.getxattr(root_caller(), file, kAccessAcl), kNamed);
    set(file, kAccessAcl, kMinimal);
    EXPECT_EQ(fs.getattr(root_caller(), file)->attr.mode, 0754u);
    EXPECT_EQ(outcome(fs.getxattr(root_caller(), file, kAccessAcl)), "no_attribute")
        << "the mode says it all";
    EXPECT_EQ(outcome(fs.setxattr(root_caller(), file, kAccessAcl, "junk", 0)), "invalid");
}

TEST_F(PosixAclInFs, ChmodChangesTheListToo) {
    const NodeId file = mkfile(kRootNode, "f");
    set(file, kAccessAcl, kNamed);
    SetAttr change;
    change.mode = 0601;
    ASSERT_EQ(outcome(fs.setattr(root_caller(), file, change, std::nullopt)), "ok");
    EXPECT_EQ(PosixAcl::parse(*fs.getxattr(root_caller(), file, kAccessAcl))->mode(), 0601u);
}

TEST_F(PosixAclInFs, NewNodesInheritTheDefaultListInsteadOfTheUmask) {
    const NodeId dir = mkdir(kRootNode, "d");
    set(dir, kDefaultAcl, kNamed);
    Caller caller = root_caller();
    caller.umask = 0777;
    const auto file = fs.create(caller, dir, "f", 0666, O_RDWR);
    ASSERT_EQ(outcome(file), "ok");
    fs.release(file->opened.handle);
    EXPECT_EQ(file->entry.attr.mode, 0640u);
    EXPECT_EQ(PosixAcl::parse(*fs.getxattr(caller, file->entry.attr.node, kAccessAcl))->mode(), 0640u);
    const auto sub = fs.mkdir(caller, dir, "s", 0777);
    ASSERT_EQ(outcome(sub), "ok");
    EXPECT_EQ(sub->attr.mode, 0740u);
    EXPECT_EQ(*fs.getxattr(caller, sub->attr.node, kDefaultAcl), kNamed);
    const auto plain = fs.mkdir(caller, kRootNode, "p", 0777);
    EXPECT_EQ(plain->attr.mode, 0u) << "elsewhere the umask counts";
}

}  // namespace asterope::fs

#include "engine/storage/kv/boot_mark.h"

#include "tests/kv/support.h"

namespace asterope::kv::test {
namespace {

TEST(BootMark, TheSameBootAndMountIsNoPowerCut) {
    const TempDir dir;
    ASSERT_OK(write_boot_mark(dir.path()));
    EXPECT_FALSE(power_cut_since_mark(dir.path()));
    EXPECT_EQ(128u, read_file(dir.sub("boot")).size());
}

TEST(BootMark, WithoutAMarkItMayHaveBeenAPowerCut) {
    const TempDir dir;
    EXPECT_TRUE(power_cut_since_mark(dir.path()));
}

TEST(BootMark, AnyOtherMarkMeansAPowerCut) {
    const TempDir dir;
    ASSERT_OK(write_boot_mark(dir.path()));
    const std::string mark = read_file(dir.sub("boot"));
    for (std::size_t i = 0; i < mark.size(); ++i) {
        std::string other = mark;
        other[i] = static_cast<char>(other[i] ^ 1);
        write_file(dir.sub("boot"), other);
        EXPECT_TRUE(power_cut_since_mark(dir.path()));
        write_file(dir.sub("boot"), mark.substr(0, i));
        EXPECT_TRUE(power_cut_since_mark(dir.path()));
    }
    write_file(dir.sub("boot"), mark);
    EXPECT_FALSE(power_cut_since_mark(dir.path()));
}

}  // namespace
}  // namespace asterope::kv::test

#include "tests/fs/volume_conformance.h"
#include "tests/storage/temporary_store.h"

namespace asterope {
namespace {

class LocalUnderTest final : public VolumeUnderTest {
  public:
    ~LocalUnderTest() override { EXPECT_EQ(problems(store_.volume()), "") << "the store is sound after every test"; }
    Volume& volume() override { return store_.volume(); }
    /// A blob is one file of the filesystem below; 8 TiB fits every one of them.
    std::uint64_t file_bytes_max() const override { return std::uint64_t{1} << 43; }

  private:
    TemporaryStore store_;
};

std::unique_ptr<VolumeUnderTest> make_local() { return std::make_unique<LocalUnderTest>(); }

INSTANTIATE_TEST_SUITE_P(Local, VolumeConformance, testing::Values(VolumeMaker{"fresh", make_local}), maker_name);

}  // namespace
}  // namespace asterope
